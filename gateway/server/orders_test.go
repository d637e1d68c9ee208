package server_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// TestAnOrder makes an order over both transports, has the bank confirm it, and finds it everywhere where an entry can be seen.
func TestAnOrder(t *testing.T) { ledgers.OnEach(t, anOrder) }

func anOrder(t *testing.T, database string) {
	o := newOrdering(t, 1, gatewaytest.Config{Database: database})
	portal, who := doorOf(t, o.g[0], "portal"), o.owners[0]
	body := `{"requestId": "` + uuid.NewString() + `", "accountId": "` + who.account + `", "bank": "sberbank"}`
	made := overREST(t, portal.call(http.MethodPost, "/v1/orders", body))
	if again := overREST(t, portal.call(http.MethodPost, "/v1/orders", body)); !samePending(again, made) {
		t.Errorf("the repeat gives\n%v\nand the first was\n%v", again, made)
	}
	if made.GetState() != porukav1.Order_PENDING || made.GetAccount() != "accounts/"+who.account || made.GetBank() != "sberbank" || len(made.GetCode()) != 11 ||
		made.GetExpireTime().AsTime().Sub(made.GetCreateTime().AsTime()) != 300*time.Second || made.GetPollAfterSeconds() != 2 {
		t.Errorf("%v", made)
	}
	reused := portal.call(http.MethodPost, "/v1/orders", strings.ReplaceAll(body, "sberbank", "vtb"))
	if reused.http != http.StatusConflict || reused.reason != "REQUEST_ID_REUSED" {
		t.Errorf("the request id with another bank: HTTP %d %s", reused.http, reused.refusedWith())
	}
	second := portal.call(http.MethodPost, "/v1/orders", strings.ReplaceAll(body, body[15:51], uuid.NewString()))
	if second.http != http.StatusConflict || second.reason != "ORDER_OPEN" || len(second.header["Retry-After"]) != 1 {
		t.Errorf("a second order: HTTP %d %s, %v", second.http, second.refusedWith(), second.header)
	}

	wrongPerson := o.create(0, o.owners[1], "sberbank")
	strange, err := o.confirm(0, o.claim(wrongPerson, o.owners[2]))
	if err != nil || strange.GetOutcome() != porukav1.Confirmation_NOT_MATCHED || strange.GetReasons()[0].GetReason() != porukav1.Reason_NO_MATCHING_ACCOUNT {
		t.Errorf("another person's data: %v, %v", strange, err)
	}
	dry := o.claim(made, who)
	dry.DryRun = true
	if _, err := o.confirm(0, dry); !slices.Equal(answerOf(t, nil, err).fields, []string{"dryRun"}) {
		t.Errorf("a dry run: %v", err)
	}
	answer, err := o.confirm(0, o.claim(made, who))
	if err != nil || answer.GetOutcome() != porukav1.Confirmation_CONFIRMED || answer.GetRequestId() != orderID(made) {
		t.Fatalf("%v, %v", answer, err)
	}
	decided := overREST(t, portal.call(http.MethodGet, "/v1/orders/"+orderID(made), ""))
	if decided.GetState() != porukav1.Order_DECIDED || decided.GetConfirmation().GetName() != answer.GetName() || decided.GetPollAfterSeconds() != 0 ||
		decided.GetConfirmation().GetAccount() != "accounts/"+who.account || decided.GetConfirmation().GetReceipt() == "" {
		t.Errorf("%v", decided)
	}
	closed := portal.call(http.MethodPost, "/v1/orders/"+orderID(made)+":cancel", "{}")
	if closed.http != http.StatusConflict || closed.reason != "ORDER_CLOSED" {
		t.Errorf("cancelling it: HTTP %d %s", closed.http, closed.refusedWith())
	}
	unknown := portal.call(http.MethodGet, "/v1/orders/"+uuid.NewString(), "")
	if unknown.http != http.StatusNotFound || unknown.reason != "ORDER_NOT_FOUND" {
		t.Errorf("no order: HTTP %d %s", unknown.http, unknown.refusedWith())
	}
	o.seenEverywhere(made, wrongPerson)
	o.whole(database)
}

// samePending compares what stays the same while an order waits.
func samePending(a, b *porukav1.Order) bool {
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	a.PollAfterSeconds, b.PollAfterSeconds = 0, 0
	return proto.Equal(a, b)
}

func overREST(t *testing.T, a answer) *porukav1.Order {
	t.Helper()
	var out porukav1.GetOrderResponse
	if a.http != http.StatusOK {
		t.Fatalf("HTTP %d %s", a.http, a.refusedWith())
	}
	if err := protojson.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatal(err)
	}
	return out.GetOrder()
}

// seenEverywhere finds a decided order and one of another person in lists, reports and the log.
func (o *ordering) seenEverywhere(decided, strange *porukav1.Order) {
	o.t.Helper()
	if _, err := o.cancel(0, o.create(0, o.owners[3], "vtb")); err != nil {
		o.t.Fatal(err)
	}
	kinds := map[porukav1.Confirmation_Kind]int{}
	for _, record := range everyRecord(o.t, o.g[0]) {
		kinds[record.GetKind()]++
		isOrder := record.GetKind() == porukav1.Confirmation_ORDER || record.GetKind() == porukav1.Confirmation_ORDER_CANCELLATION
		if isOrder && (record.GetBank() != "portal" || record.GetAccount() == "" || !strings.HasPrefix(record.GetDetail(), "order=") || record.GetOutcome() != 0) {
			o.t.Errorf("a record: %v", record)
		}
	}
	if kinds[porukav1.Confirmation_ORDER] != 3 || kinds[porukav1.Confirmation_ORDER_CANCELLATION] != 1 || kinds[porukav1.Confirmation_CONFIRMATION] != 2 {
		o.t.Errorf("records: %v", kinds)
	}
	content, _ := report(o.t, o.g[0], "portal")
	for _, order := range []*porukav1.Order{decided, strange} {
		if !strings.Contains(string(content), `"detail":"order=`+orderID(order)+` bank=sberbank until=`) {
			o.t.Errorf("the report of the portal has no %s", order.GetName())
		}
	}
	list, err := o.portals[0].ListConfirmations(o.t.Context(), &porukav1.ListConfirmationsRequest{Id: o.owners[0].account})
	if err != nil || len(list.GetConfirmations()) != 2 || list.GetConfirmations()[1].GetKind() != porukav1.Confirmation_ORDER {
		o.t.Fatalf("the account's list: %v, %v", list, err)
	}
	name := list.GetConfirmations()[1].GetName()
	await(o.t, "the order is proved", func() bool {
		got, err := porukav1.NewConfirmationServiceClient(o.g[0].Conn("portal")).GetConfirmation(o.t.Context(),
			&porukav1.GetConfirmationRequest{Id: strings.TrimPrefix(name, "confirmations/")})
		return err == nil && got.GetProof().GetTreeSize() > 0
	})
	content, _ = report(o.t, o.g[0], "")
	if v, err := verify.Report(bytes.NewReader(content), keysOf(o.t, o.g[0].Dir), nil); err != nil || v.Rows < 6 {
		o.t.Errorf("the report with orders does not hold: %+v, %v", v, err)
	}
	_, err = o.banks[0].GetConfirmation(o.t.Context(), &porukav1.GetConfirmationRequest{Id: strings.TrimPrefix(name, "confirmations/")})
	refusedAs(o.t, "the bank reads the portal's record", err, codes.NotFound, "CONFIRMATION_NOT_FOUND")
}

// TestOrdersAreThePortals lets everybody else try.
func TestOrdersAreThePortals(t *testing.T) {
	o := newOrdering(t, 1, gatewaytest.Config{})
	order := o.create(0, o.owners[0], "sberbank")
	for _, name := range []string{"sberbank", "vtb", "compliance", "operator"} {
		stranger := porukav1.NewPortalServiceClient(o.g[0].Conn(name))
		_, err := stranger.CreateOrder(t.Context(), &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: o.owners[1].account, Bank: "vtb"})
		refusedAs(t, name+" creates", err, codes.PermissionDenied, "ACCESS_DENIED")
		_, err = stranger.GetOrder(t.Context(), &porukav1.GetOrderRequest{Id: orderID(order)})
		refusedAs(t, name+" reads", err, codes.PermissionDenied, "ACCESS_DENIED")
		_, err = stranger.CancelOrder(t.Context(), &porukav1.CancelOrderRequest{Id: orderID(order)})
		refusedAs(t, name+" cancels", err, codes.PermissionDenied, "ACCESS_DENIED")
	}
	_, err := porukav1.NewConfirmationServiceClient(o.g[0].Conn("vtb")).ConfirmIdentity(t.Context(), o.claim(order, o.owners[0]))
	if err != nil {
		t.Errorf("another bank uses the order's id for a claim of its own: %v", err)
	}
	if got := o.get(0, order); got.GetState() != porukav1.Order_PENDING {
		t.Errorf("then the order is %v", got)
	}
}

// TestAnOrderExpires sets the clock to the microsecond.
func TestAnOrderExpires(t *testing.T) { ledgers.OnEach(t, anOrderExpires) }

func anOrderExpires(t *testing.T, database string) {
	o := newOrdering(t, 1, gatewaytest.Config{Database: database})
	order, last := o.create(0, o.owners[0], "sberbank"), o.create(0, o.owners[1], "sberbank")
	o.clock.set(order.GetExpireTime().AsTime())
	if got := o.get(0, order); got.GetState() != porukav1.Order_EXPIRED {
		t.Errorf("at its end: %v", got)
	}
	o.whenBanksMayCall()
	_, err := o.confirm(0, o.claim(order, o.owners[0]))
	refusedAs(t, "confirming at its end", err, codes.FailedPrecondition, "ORDER_CLOSED")
	if got, err := o.cancel(0, order); err != nil || got.GetState() != porukav1.Order_EXPIRED {
		t.Errorf("cancelling at its end: %v, %v", got, err)
	}
	o.create(0, o.owners[0], "sberbank") // the account may have another

	o.clock.set(last.GetExpireTime().AsTime().Add(-time.Microsecond))
	if got := o.get(0, last); got.GetState() != porukav1.Order_PENDING || got.GetPollAfterSeconds() != 1 {
		t.Errorf("in its last microsecond: %v", got)
	}
	request := o.claim(last, o.owners[1])
	answer, err := o.confirm(0, request)
	if err != nil || answer.GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Errorf("confirming in its last microsecond: %v, %v", answer, err)
	}
	o.clock.set(last.GetExpireTime().AsTime().Add(time.Minute))
	o.whenBanksMayCall()
	if again, err := o.confirm(0, request); err != nil || !again.GetReplayed() || again.GetName() != answer.GetName() {
		t.Errorf("the repeat after its end: %v, %v", again, err)
	}
	if got := o.get(0, last); got.GetState() != porukav1.Order_DECIDED {
		t.Errorf("decided and long over: %v", got)
	}
	o.whole(database)
}

// whenBanksMayCall waits until the suspensions have been read after the clock was set.
func (o *ordering) whenBanksMayCall() {
	o.t.Helper()
	for _, g := range o.g {
		rest := doorOf(o.t, g, "sberbank")
		await(o.t, "banks may call", func() bool {
			return rest.call(http.MethodGet, "/v1/confirmations:byRequest?requestId="+uuid.NewString(), "").code == codes.OK
		})
	}
}

// TestOrdersOutliveARestart stops the gateway between every two steps.
func TestOrdersOutliveARestart(t *testing.T) { ledgers.OnEach(t, ordersOutliveARestart) }

func ordersOutliveARestart(t *testing.T, database string) {
	o := newOrdering(t, 1, gatewaytest.Config{Database: database})
	restart := func() {
		t.Helper()
		if err := o.g[0].Stop(); err != nil {
			t.Fatal(err)
		}
		dir := o.g[0].Dir
		o.g, o.portals, o.banks = nil, nil, nil
		o.add(gatewaytest.Start(t, gatewaytest.Config{Database: database, DataDir: dir, Unready: true, Clock: o.clock.Now, Puller: o.puller}))
	}
	request := &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: o.owners[0].account, Bank: "sberbank"}
	made, err := o.portals[0].CreateOrder(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	cancelled := o.create(0, o.owners[1], "sberbank")
	if _, err := o.cancel(0, cancelled); err != nil {
		t.Fatal(err)
	}
	restart()
	again, err := o.portals[0].CreateOrder(t.Context(), request)
	if err != nil || !samePending(again.GetOrder(), made.GetOrder()) {
		t.Errorf("the repeat gives\n%v, %v\nand the first was\n%v", again, err, made)
	}
	another := proto.CloneOf(request)
	another.RequestId = uuid.NewString()
	_, err = o.portals[0].CreateOrder(t.Context(), another)
	refusedAs(t, "a second order", err, codes.AlreadyExists, "ORDER_OPEN")
	_, err = o.confirm(0, o.claim(cancelled, o.owners[1]))
	refusedAs(t, "confirming what was cancelled", err, codes.FailedPrecondition, "ORDER_CLOSED")
	answer, err := o.confirm(0, o.claim(made.GetOrder(), o.owners[0]))
	if err != nil || answer.GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Fatalf("%v, %v", answer, err)
	}
	restart()
	if got := o.get(0, made.GetOrder()); got.GetState() != porukav1.Order_DECIDED || got.GetConfirmation().GetName() != answer.GetName() {
		t.Errorf("%v", got)
	}
	if got := o.get(0, cancelled); got.GetState() != porukav1.Order_CANCELLED {
		t.Errorf("%v", got)
	}
	o.whole(database)
}
