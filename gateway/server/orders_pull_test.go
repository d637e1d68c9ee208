package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/style"
)

// newPulling is an ordering whose vtb is asked for the data of orders.
func newPulling(t *testing.T, gateways int, database string) (*ordering, *bankSide) {
	t.Helper()
	bank, dir := &bankSide{}, t.TempDir()
	settings, err := config.Config{DataDir: dir, DatabaseURL: database, Dev: true}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
		t.Fatal(err)
	}
	pullFrom(t, dir)
	return newOrdering(t, gateways, gatewaytest.Config{Database: database, DataDir: dir, Unready: true, Puller: bank}), bank
}

// tells gives what the bank tells of a customer.
func (o *ordering) tells(id string, who owner) style.Request {
	p := who.claim.GetPerson()
	now := o.clock.Now()
	return style.Request{
		ID: id, AccountActive: true, PhoneBound: true, Means: "APP", AuthenticatedAt: now, ConsentGiven: true, ConsentAt: now,
		Person: person.Raw{
			FamilyName: p.GetFamilyName(), GivenName: p.GetGivenName(), MiddleName: p.GetMiddleName(), BirthDate: p.GetBirthDate(),
			Sex: p.GetSex().String(), Citizenship: p.GetCitizenship(), SNILS: p.GetSnils(), INN: p.GetInn(), MobilePhone: p.GetMobilePhone(), Email: p.GetEmail(),
			Passport: person.RawPassport{
				Series: p.GetPassport().GetSeries(), Number: p.GetPassport().GetNumber(), IssueDate: p.GetPassport().GetIssueDate(),
				DepartmentCode: p.GetPassport().GetDepartmentCode(), Issuer: p.GetPassport().GetIssuer(),
			},
		},
	}
}

// pace lets the time pass after which a bank is asked again.
func (o *ordering) pace() {
	o.t.Helper()
	o.clock.set(o.clock.Now().Add(2 * time.Second))
	o.whenBanksMayCall()
}

// TestOrdersArePulled goes through everything that a bank may say when it is asked for the data of an order.
func TestOrdersArePulled(t *testing.T) { ledgers.OnEach(t, ordersArePulled) }

func ordersArePulled(t *testing.T, database string) {
	o, bank := newPulling(t, 1, database)
	made := o.create(0, o.owners[0], "vtb")
	if want := strings.NewReplacer("{order}", orderID(made), "{code}", made.GetCode()).Replace(bankLink); made.GetLink() != want || bank.asked() != 0 {
		t.Errorf("link %s, want %s", made.GetLink(), want)
	}
	answers := func(in style.Request, err error) {
		bank.says(func(context.Context, string) (style.Request, error) { return in, err })
	}
	answers(style.Request{}, &order.Unreachable{RetryAfter: 1500 * time.Millisecond})
	o.clock.set(time.Now())
	got := overREST(t, doorOf(t, o.g[0], "portal").call(http.MethodGet, "/v1/orders/"+orderID(made), ""))
	reasons := got.GetConfirmation().GetReasons()
	if got.GetState() != porukav1.Order_PENDING || got.GetProgress() != porukav1.Order_WAITING_FOR_BANK || len(reasons) != 1 || got.GetPollAfterSeconds() != 2 ||
		got.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_CHECKED || got.GetConfirmation().GetName() != "" ||
		reasons[0].GetReason() != porukav1.Reason_SOURCE_UNAVAILABLE || reasons[0].GetRetryDelaySeconds() != 2 {
		t.Errorf("a bank that cannot be asked: %v", got)
	}
	o.pace()
	answers(o.tells(orderID(made), owner{claim: &porukav1.ConfirmIdentityRequest{}}), nil)
	if got := o.get(0, made); got.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_CHECKED {
		t.Errorf("a bank that tells nothing of the person: %v", got)
	}
	o.pace()
	answers(style.Request{}, order.ErrWaiting)
	if got := o.get(0, made); got.GetProgress() != porukav1.Order_WAITING_FOR_CUSTOMER || got.GetConfirmation() != nil {
		t.Errorf("a customer who has not agreed: %v", got)
	}
	o.pace()
	answers(o.tells(orderID(made), o.owners[0]), nil)
	got = o.get(0, made)
	if got.GetState() != porukav1.Order_DECIDED || got.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED || got.GetConfirmation().GetReceipt() == "" {
		t.Fatalf("the data: %v", got)
	}
	vtb := porukav1.NewConfirmationServiceClient(o.g[0].Conn("vtb"))
	found, err := vtb.FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: orderID(made)})
	if err != nil || found.GetConfirmation().GetName() != got.GetConfirmation().GetName() {
		t.Errorf("the bank finds %v, %v", found, err)
	}

	refusedOrder := o.create(0, o.owners[1], "vtb")
	answers(style.Request{}, order.ErrRefused)
	if got := o.get(0, refusedOrder); got.GetState() != porukav1.Order_CANCELLED {
		t.Errorf("a customer who refuses: %v", got)
	}
	o.whenBanksMayCall()
	_, err = vtb.ConfirmIdentity(t.Context(), o.claim(refusedOrder, o.owners[1]))
	refusedAs(t, "confirming what the customer has refused", err, codes.FailedPrecondition, "ORDER_CLOSED")
	o.pulledRecords()
	for _, secret := range []string{o.owners[0].claim.GetPerson().GetSnils(), o.owners[0].claim.GetPerson().GetFamilyName()} {
		if strings.Contains(o.g[0].Log(), secret) {
			t.Error("the log tells of a person")
		}
	}
	o.whole(database)
}

// pulledRecords looks at what the ledger has of one order that was pulled and one that the customer refused.
func (o *ordering) pulledRecords() {
	o.t.Helper()
	for _, record := range everyRecord(o.t, o.g[0]) {
		switch {
		case record.GetKind() == porukav1.Confirmation_ORDER:
		case record.GetBank() != "vtb" || record.GetStyle() != "vtb" || record.GetCertificateSerial() != "":
			o.t.Errorf("a record: %v", record)
		}
	}
}

// TestPollsOfOneOrder asks for one order from everywhere, at two gateways, while the bank takes its time: each gateway asks it once, and
// one decision comes of both.
func TestPollsOfOneOrder(t *testing.T) { ledgers.OnServers(t, pollsOfOneOrder) }

func pollsOfOneOrder(t *testing.T, database string) {
	const polls = 200
	o, bank := newPulling(t, 2, database)
	made := o.create(0, o.owners[0], "vtb")
	in := o.tells(orderID(made), o.owners[0])
	release := make(chan struct{})
	bank.says(func(context.Context, string) (style.Request, error) {
		<-release
		return in, nil
	})
	firsts := make(chan *porukav1.Order, 2)
	for i := range 2 {
		go func() { firsts <- o.get(i, made) }()
	}
	await(t, "both gateways ask", func() bool { return bank.asked() == 2 })
	allTogether(polls, func(i int) {
		if got := o.get(i%2, made); got.GetState() != porukav1.Order_PENDING {
			t.Errorf("%v", got)
		}
	})
	close(release)
	one, other := <-firsts, <-firsts
	if one.GetState() != porukav1.Order_DECIDED || one.GetConfirmation().GetName() != other.GetConfirmation().GetName() || bank.asked() != 2 {
		t.Errorf("after %d pulls:\n%v\n%v", bank.asked(), one, other)
	}
	o.whole(database)
}

// TestABankThatHangs asks for an order whose bank never answers: the portal is answered within its own time.
func TestABankThatHangs(t *testing.T) {
	o, bank := newPulling(t, 1, "")
	made := o.create(0, o.owners[0], "vtb")
	bank.says(func(ctx context.Context, _ string) (style.Request, error) {
		<-ctx.Done()
		return style.Request{}, ctx.Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	out, err := o.portals[0].GetOrder(ctx, &porukav1.GetOrderRequest{Id: orderID(made)})
	if err != nil || out.GetOrder().GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_CHECKED {
		t.Errorf("%v, %v", out, err)
	}
}
