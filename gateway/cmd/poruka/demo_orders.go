package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/scenario"
)

// ordered are the customers for whom the portal asks the bank.
type ordered struct {
	pulled errand // agrees in the bank, whose data the gateway then pulls
	called errand // of whom the bank tells by itself, in its own dialect
	down   errand // comes while the bank's server is down
}

func (o ordered) errands() []errand { return []errand{o.pulled, o.called, o.down} }

// viaOrder is the way in which the portal gets its answers.
const viaOrder = "order"

// orders plays the portal that asks the bank about three accounts.
func (b *demoBank) orders(ctx context.Context, o ordered) error {
	return errors.Join(b.orderPulled(ctx, o.pulled), b.orderCalled(ctx, o.called), b.orderInVain(ctx, o.down))
}

// order makes an order about the account of an errand.
func (b *demoBank) order(ctx context.Context, e errand) (*porukav1.Order, error) {
	made, err := b.portal.CreateOrder(ctx, &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: e.account.AccountID, Bank: b.id})
	if err != nil {
		return nil, fmt.Errorf("%s: an order: %w", b.id, client.Explain(err))
	}
	return made.GetOrder(), nil
}

// look reads an order, which must be in a state.
func (b *demoBank) look(ctx context.Context, o *porukav1.Order, want porukav1.Order_State) (*porukav1.Order, error) {
	answer, err := b.portal.GetOrder(ctx, &porukav1.GetOrderRequest{Id: idOf(o.GetName())})
	if err != nil {
		return nil, fmt.Errorf("%s: reading an order: %w", b.id, client.Explain(err))
	}
	if got := answer.GetOrder().GetState(); got != want {
		return nil, fmt.Errorf("%s: an order is %s instead of %s", b.id, got, want)
	}
	return answer.GetOrder(), nil
}

// decided hears what has come of an order.
func (b *demoBank) decided(ctx context.Context, e errand, o *porukav1.Order) error {
	_, due, err := e.claim(b.clock())
	if err != nil {
		return err
	}
	o, err = b.look(ctx, o, porukav1.Order_DECIDED)
	if err != nil {
		return err
	}
	return b.heard(e, due, idOf(o.GetName()), viaOrder, o.GetConfirmation())
}

func (b *demoBank) orderPulled(ctx context.Context, e errand) error {
	o, err := b.order(ctx, e)
	if err != nil {
		return err
	}
	made, _ := scenario.Config{Now: b.clock()}.Make(e.kind, e.account)
	if err := b.server.Agree(idOf(o.GetName()), made.Claim.Person); err != nil {
		return err
	}
	return b.decided(ctx, e, o)
}

func (b *demoBank) orderCalled(ctx context.Context, e errand) error {
	o, err := b.order(ctx, e)
	if err != nil {
		return err
	}
	request, due, err := e.claim(b.clock())
	if err != nil {
		return err
	}
	request.RequestId = idOf(o.GetName())
	answer, err := b.own.confirm(ctx, request)
	if err != nil {
		return fmt.Errorf("%s: answering an order: %w", b.id, client.Explain(err))
	}
	return errors.Join(b.heard(e, due, request.GetRequestId(), ownDialect, answer), b.decided(ctx, e, o))
}

// orderInVain asks a bank whose server is down. The portal hears that nothing could be checked, and takes the order back; what the bank
// says later comes too late.
func (b *demoBank) orderInVain(ctx context.Context, e errand) error {
	if err := b.server.Misbehave(banks.Fault{Kind: banks.ServerError, On: "orders"}); err != nil {
		return err
	}
	defer b.server.Behave()
	o, err := b.order(ctx, e)
	if err != nil {
		return err
	}
	asked, err := b.look(ctx, o, porukav1.Order_PENDING)
	if err != nil {
		return err
	}
	due := due{outcome: porukav1.Confirmation_NOT_CHECKED.String(), reasons: []string{porukav1.Reason_SOURCE_UNAVAILABLE.String()}}
	if err := b.heard(e, due, idOf(o.GetName()), viaOrder, asked.GetConfirmation()); err != nil {
		return err
	}
	back, err := b.portal.CancelOrder(ctx, &porukav1.CancelOrderRequest{Id: idOf(o.GetName())})
	if err != nil {
		return fmt.Errorf("%s: taking an order back: %w", b.id, client.Explain(err))
	}
	if got := back.GetOrder().GetState(); got != porukav1.Order_CANCELLED {
		return fmt.Errorf("%s: an order that was taken back is %s", b.id, got)
	}
	request, _, err := e.claim(b.clock())
	if err != nil {
		return err
	}
	request.RequestId = idOf(o.GetName())
	answer, err := b.own.confirm(ctx, request)
	var failure *client.Failure
	switch {
	case err == nil:
		return fmt.Errorf("%s: a cancelled order was answered, and the gateway said %s", b.id, answer.GetOutcome())
	case !errors.As(client.Explain(err), &failure) || failure.Reason != string(fault.OrderClosed):
		return fmt.Errorf("%s: answering a cancelled order: %w", b.id, err)
	default:
		return nil
	}
}
