package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/partners"
)

// bulk sends requests and gathers the answers by request id.
func (b *bench) bulk(ctx context.Context, requests []*porukav1.ConfirmIdentityRequest) (map[string][]*porukav1.ConfirmIdentitiesResponse, error) {
	b.t.Helper()
	stream, err := b.confirmations().ConfirmIdentities(ctx)
	b.check(err)
	go func() {
		for _, r := range requests {
			if stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: r}) != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	answers := map[string][]*porukav1.ConfirmIdentitiesResponse{}
	for {
		a, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return answers, err
		}
		answers[a.GetRequestId()] = append(answers[a.GetRequestId()], a)
	}
}

func TestBulkAnswersEachRequest(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	var requests []*porukav1.ConfirmIdentityRequest
	for n := range 200 {
		requests = append(requests, ask(n))
	}
	answers, err := b.bulk(b.as("bank/vtb"), requests)
	b.check(err)
	count := map[porukav1.Confirmation_Outcome]int{}
	for n := range 200 {
		got := answers[requestID(n)]
		if len(got) != 1 || got[0].GetConfirmation().GetRequestId() != requestID(n) {
			t.Fatalf("answers to request %d: %v", n, got)
		}
		count[got[0].GetConfirmation().GetOutcome()]++
	}
	if count[porukav1.Confirmation_CONFIRMED] != 1 || count[porukav1.Confirmation_ALREADY_CONFIRMED] != 199 || len(b.entries()) != 200 {
		t.Errorf("outcomes %v, %d entries", count, len(b.entries()))
	}
}

func TestRefusedRequestsDoNotEndABulk(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	requests := []*porukav1.ConfirmIdentityRequest{
		ask(1),
		ask(2, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Snils = "112-233-445 96" }),
		ask(3, func(r *porukav1.ConfirmIdentityRequest) { r.Person = nil }), // against the rules of the proto
		ask(4, func(r *porukav1.ConfirmIdentityRequest) { r.RequestId = "x" }),
		ask(5, func(r *porukav1.ConfirmIdentityRequest) { r.Bank = "sberbank" }),
		nil,
		ask(6),
	}
	answers, err := b.bulk(b.as("bank/vtb"), requests)
	b.check(err)
	for id, want := range map[string]struct {
		code   codes.Code
		reason porukav1.Reason_Code
		field  string
	}{
		requestID(2): {codes.InvalidArgument, porukav1.Reason_SNILS_CHECKSUM, "person.snils"},
		requestID(3): {codes.InvalidArgument, porukav1.Reason_FIELD_FORMAT, "person"},
		"x":          {codes.InvalidArgument, porukav1.Reason_FIELD_FORMAT, "requestId"},
		requestID(5): {codes.PermissionDenied, porukav1.Reason_CERTIFICATE_NOT_YOURS, ""},
		"":           {codes.InvalidArgument, porukav1.Reason_FIELD_FORMAT, "request"},
	} {
		got := answers[id]
		if len(got) != 1 || codes.Code(got[0].GetError().GetCode()) != want.code || got[0].GetError().GetReason().GetReason() != want.reason {
			t.Errorf("%q: %v, want %v", id, got, want)
			continue
		}
		if fields := got[0].GetError().GetFields(); want.field != "" && (len(fields) != 1 || fields[0] != want.field) {
			t.Errorf("%q: fields %v, want %s", id, fields, want.field)
		}
	}
	if answers[requestID(1)][0].GetConfirmation() == nil || answers[requestID(6)][0].GetConfirmation() == nil {
		t.Errorf("the good ones: %v, %v", answers[requestID(1)], answers[requestID(6)])
	}
}

func TestRepeatsInOneBulkAreOneEntry(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	var requests []*porukav1.ConfirmIdentityRequest
	for range 50 {
		requests = append(requests, ask(1))
	}
	answers, err := b.bulk(b.as("bank/vtb"), requests)
	b.check(err)
	fresh := 0
	for _, a := range answers[requestID(1)] {
		if !a.GetConfirmation().GetReplayed() {
			fresh++
		}
	}
	if len(answers[requestID(1)]) != 50 || fresh != 1 || len(b.entries()) != 1 {
		t.Errorf("%d answers, %d fresh, %d entries", len(answers[requestID(1)]), fresh, len(b.entries()))
	}
}

func TestBulkIsSlowedDownToTheBanksLimits(t *testing.T) {
	var refusals, underWay, most atomic.Int32
	limit := limiter(func(p partners.Partner) (func(), time.Duration, bool) {
		if p.ID != "vtb" || refusals.Add(1)%3 != 0 { // two of three times
			return nil, time.Millisecond, false
		}
		n := underWay.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			continue
		}
		return func() { underWay.Add(-1) }, 0, true
	})
	b := newBench(t, func(c *rpc.Config) { c.Limiter, c.BulkRequests = limit, 4 })
	b.putMaria()
	var requests []*porukav1.ConfirmIdentityRequest
	for n := range 40 {
		requests = append(requests, ask(n))
	}
	answers, err := b.bulk(b.as("bank/vtb"), requests)
	b.check(err)
	if len(answers) != 40 || underWay.Load() != 0 || most.Load() > 4 {
		t.Errorf("%d answers, %d slots kept, at most %d at a time", len(answers), underWay.Load(), most.Load())
	}
}

func TestBulkThatWouldWaitTooLongIsRefusedItemByItem(t *testing.T) {
	busy := limiter(func(partners.Partner) (func(), time.Duration, bool) { return nil, 11 * time.Second, false })
	b := newBench(t, func(c *rpc.Config) { c.Limiter = busy })
	answers, err := b.bulk(b.as("bank/vtb"), []*porukav1.ConfirmIdentityRequest{ask(1), ask(2)})
	b.check(err)
	for n := 1; n <= 2; n++ {
		got := answers[requestID(n)][0].GetError()
		if codes.Code(got.GetCode()) != codes.ResourceExhausted || got.GetReason().GetReason() != porukav1.Reason_RATE_LIMIT || got.GetReason().GetRetryDelaySeconds() != 11 {
			t.Errorf("request %d: %v", n, got)
		}
	}
}

func TestBulkOfABankThatIsSuspendedMeanwhile(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	stream, err := b.confirmations().ConfirmIdentities(b.as("bank/vtb"))
	b.check(err)
	exchange := func(n int) *porukav1.ConfirmIdentitiesResponse {
		t.Helper()
		b.check(stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: ask(n)}))
		a, err := stream.Recv()
		b.check(err)
		return a
	}
	if exchange(1).GetConfirmation() == nil {
		t.Error("not confirmed")
	}
	_, err = b.banks.Suspend(t.Context(), "vtb", "me", "a drill")
	b.check(err)
	if got := exchange(2).GetError().GetReason().GetReason(); got != porukav1.Reason_PARTNER_INACTIVE {
		t.Errorf("reason %v", got)
	}
}

func TestStreamsEndWhenTheirCallerIsNoLongerGood(t *testing.T) {
	var revoked atomic.Bool
	b := newBench(t, func(c *rpc.Config) {
		c.Recheck = func(context.Context) error {
			if revoked.Load() {
				return fault.New(fault.Unauthenticated, fault.CertificateRevoked)
			}
			return nil
		}
	})
	b.putMaria()
	stream, err := b.confirmations().ConfirmIdentities(b.as("bank/vtb"))
	b.check(err)
	b.check(stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: ask(1)}))
	_, err = stream.Recv()
	b.check(err)
	revoked.Store(true)
	b.check(stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: ask(2)}))
	_, err = stream.Recv()
	b.refused(err, "CERTIFICATE_REVOKED")
	load, err := b.portal().ImportAccounts(b.as("portal"))
	b.check(err)
	_ = load.Send(&porukav1.ImportAccountsRequest{Rows: []*porukav1.ImportRow{{Row: 1, Account: put()}}})
	_, err = load.CloseAndRecv()
	b.refused(err, "CERTIFICATE_REVOKED")
	if len(b.entries()) != 1 {
		t.Errorf("%d entries", len(b.entries()))
	}
}

func TestStreamsEndWhenTheGatewayDrains(t *testing.T) {
	draining := make(chan struct{})
	b := newBench(t, func(c *rpc.Config) { c.Draining = draining })
	b.putMaria()
	idle, err := b.confirmations().ConfirmIdentities(b.as("bank/vtb"))
	b.check(err)
	b.check(idle.Send(&porukav1.ConfirmIdentitiesRequest{Request: ask(1)}))
	_, err = idle.Recv()
	b.check(err)
	load, err := b.portal().ImportAccounts(b.as("portal"))
	b.check(err)
	close(draining)
	_, err = idle.Recv()
	b.refused(err, "SHUTTING_DOWN")
	b.refused(load.RecvMsg(&porukav1.ImportAccountsResponse{}), "SHUTTING_DOWN")
}

func TestBulkSurvivesAPanic(t *testing.T) {
	b := newBench(t, func(c *rpc.Config) {
		judge := c.Validate
		c.Validate = func(m proto.Message) error {
			if r, ok := m.(*porukav1.ConfirmIdentityRequest); ok && r.GetRequestId() == requestID(2) {
				panic(fmt.Sprint(r.GetPerson()))
			}
			return judge(m)
		}
	})
	b.putMaria()
	answers, err := b.bulk(b.as("bank/vtb"), []*porukav1.ConfirmIdentityRequest{ask(1), ask(2), ask(3)})
	b.check(err)
	if got := answers[requestID(2)][0].GetError(); codes.Code(got.GetCode()) != codes.Internal || got.GetReason().GetReason() != porukav1.Reason_INTERNAL {
		t.Errorf("the one that panicked: %v", got)
	}
	if answers[requestID(3)][0].GetConfirmation() == nil {
		t.Errorf("the one after it: %v", answers[requestID(3)])
	}
}

func TestBulkWhoseCallerLeaves(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	ctx, cancel := context.WithCancel(b.as("bank/vtb"))
	stream, err := b.confirmations().ConfirmIdentities(ctx)
	b.check(err)
	var sender sync.WaitGroup
	sender.Go(func() {
		for n := 0; stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: ask(n)}) == nil; n++ {
			continue
		}
	})
	_, err = stream.Recv()
	b.check(err)
	cancel()
	sender.Wait() // and goleak sees that the server lets go of everything
}

func TestBulkIsForBanks(t *testing.T) {
	b := newBench(t)
	answers, err := b.bulk(b.as("portal"), []*porukav1.ConfirmIdentityRequest{ask(1)})
	b.check(err)
	if got := answers[requestID(1)][0].GetError().GetReason().GetReason(); got != porukav1.Reason_ACCESS_DENIED {
		t.Errorf("reason %v", got)
	}
}
