package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/scenario"
)

// demoBank is one simulated bank.
type demoBank struct {
	id   string
	part part
	grpc *grpcDoor
	rest *restDoor
	own  *dialectDoor

	portal porukav1.PortalServiceClient // asks this bank
	server *banks.Bank
	ring   func(told, string) // called with each answer and the way in which it came
	clock  func() time.Time
}

// act plays the bank's part.
func (b *demoBank) act(ctx context.Context) (wrong []error) {
	for i, e := range b.part.each {
		_, _, err := b.confirm(ctx, i, e)
		wrong = append(wrong, err)
	}
	return append(wrong, b.lost(ctx, 0, b.part.lost, b.part.other), b.cautious(ctx, 1, b.part.cautious), b.bulk(ctx, b.part.bulk), b.orders(ctx, b.part.ordered))
}

func (b *demoBank) close() error {
	b.rest.close()
	return b.grpc.close()
}

// ways is how many doors a bank has.
const ways = 3

// ownDialect is the name of one of them.
const ownDialect = "the bank's own dialect"

// namedDoor is a way in, with its name.
type namedDoor struct {
	name string
	door
}

// doors are the bank's ways in.
func (b *demoBank) doors() [ways]namedDoor {
	return [ways]namedDoor{{"gRPC", b.grpc}, {"REST", b.rest}, {ownDialect, b.own}}
}

// confirm sends an errand through one door and checks the answer.
func (b *demoBank) confirm(ctx context.Context, way int, e errand) (*porukav1.ConfirmIdentityRequest, *porukav1.Confirmation, error) {
	request, due, err := e.claim(b.clock())
	if err != nil {
		return nil, nil, err
	}
	request.RequestId = uuid.NewString()
	in := b.doors()[way%ways]
	answer, err := in.confirm(ctx, request)
	if err != nil {
		return nil, nil, fmt.Errorf("%s, %s over %s: %w", b.id, e.kind, in.name, client.Explain(err))
	}
	return request, answer, b.heard(e, due, request.GetRequestId(), in.name, answer)
}

// heard notes an answer and checks that it is the one that was due.
func (b *demoBank) heard(e errand, due due, request, way string, answer *porukav1.Confirmation) error {
	b.ring(told{bank: b.id, request: request, account: e.account.AccountID, answer: answer}, way)
	reasons := make([]string, 0, len(due.reasons))
	for _, code := range codesOf(answer) {
		reasons = append(reasons, code.String())
	}
	if answer.GetOutcome().String() != due.outcome || !slices.Equal(reasons, due.reasons) {
		return fmt.Errorf("%s, %s over %s, about %s: told %s %v instead of %s %v",
			b.id, e.kind, way, e.account.AccountID, answer.GetOutcome(), reasons, due.outcome, due.reasons)
	}
	return nil
}

// lost plays a bank that lost the answer: it asks what became of the request, sends it again by the other door, and by mistake
// sends another customer's data under the same id.
func (b *demoBank) lost(ctx context.Context, way int, e, other errand) error {
	request, first, err := b.confirm(ctx, way, e)
	if err != nil {
		return err
	}
	in := b.doors()[(way+1)%ways]
	found, err := in.find(ctx, request.GetRequestId())
	if err != nil {
		return fmt.Errorf("%s: finding a request over %s: %w", b.id, in.name, client.Explain(err))
	}
	if found.GetState() != porukav1.FindConfirmationResponse_DECIDED {
		return fmt.Errorf("%s: a decided request is %s", b.id, found.GetState())
	}
	b.ring(told{bank: b.id, request: request.GetRequestId(), account: e.account.AccountID, answer: found.GetConfirmation()}, in.name)
	again, err := in.confirm(ctx, request)
	if err != nil {
		return fmt.Errorf("%s: repeating a request over %s: %w", b.id, in.name, client.Explain(err))
	}
	if !again.GetReplayed() || again.GetName() != first.GetName() {
		return fmt.Errorf("%s: a repeated request was decided anew", b.id)
	}
	b.ring(told{bank: b.id, request: request.GetRequestId(), account: e.account.AccountID, answer: again}, in.name)
	return b.reused(ctx, in, request.GetRequestId(), other)
}

func (b *demoBank) reused(ctx context.Context, in door, id string, other errand) error {
	request, _, err := other.claim(b.clock())
	if err != nil {
		return err
	}
	request.RequestId = id
	_, err = in.confirm(ctx, request)
	var failure *client.Failure
	if !errors.As(client.Explain(err), &failure) || failure.Reason != string(fault.RequestIDReused) {
		return fmt.Errorf("%s: an id was reused, and the answer was %w", b.id, err)
	}
	return nil
}

// cautious plays a bank that tries first, then confirms, and then takes the confirmation back.
func (b *demoBank) cautious(ctx context.Context, way int, e errand) error {
	try := e
	try.kind = scenario.DryRun
	if _, _, err := b.confirm(ctx, way, try); err != nil {
		return err
	}
	_, answer, err := b.confirm(ctx, way+1, e)
	if err != nil {
		return err
	}
	id := idOf(answer.GetName())
	in := b.doors()[way%ways]
	back, err := in.withdraw(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: taking a confirmation back over %s: %w", b.id, in.name, client.Explain(err))
	}
	b.ring(told{bank: b.id, request: id, account: e.account.AccountID, answer: back}, in.name)
	if back.GetWithdrawn() != answer.GetName() {
		return fmt.Errorf("%s: another confirmation was taken back", b.id)
	}
	return nil
}

// sent is a request of a bulk that waits for its answer.
type sent struct {
	errand errand
	due    due
}

// bulk sends errands over one stream.
func (b *demoBank) bulk(ctx context.Context, errands []errand) error {
	requests := make([]*porukav1.ConfirmIdentityRequest, len(errands))
	waiting := make(map[string]sent, len(errands))
	for i, e := range errands {
		request, due, err := e.claim(b.clock())
		if err != nil {
			return err
		}
		request.RequestId = uuid.NewString()
		requests[i], waiting[request.GetRequestId()] = request, sent{e, due}
	}
	var wrong []error
	err := b.grpc.bulk(ctx, requests, func(answer *porukav1.ConfirmIdentitiesResponse) {
		id := answer.GetRequestId()
		request, asked := waiting[id]
		delete(waiting, id)
		switch {
		case !asked:
			wrong = append(wrong, fmt.Errorf("%s: an answer in bulk to nothing that was asked, or a second one", b.id))
		case answer.GetConfirmation() == nil:
			wrong = append(wrong, fmt.Errorf("%s, %s in bulk: refused with %s", b.id, request.errand.kind, answer.GetError().GetReason().GetReason()))
		default:
			wrong = append(wrong, b.heard(request.errand, request.due, id, "bulk stream", answer.GetConfirmation()))
		}
	})
	if err != nil {
		wrong = append(wrong, fmt.Errorf("%s, in bulk: %w", b.id, client.Explain(err)))
	}
	if len(waiting) > 0 {
		wrong = append(wrong, fmt.Errorf("%s: %d requests in bulk without an answer", b.id, len(waiting)))
	}
	return errors.Join(wrong...)
}
