package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
)

// CreateOrder asks a bank to confirm the owner of an account.
func (s accounts) CreateOrder(ctx context.Context, in *porukav1.CreateOrderRequest) (*porukav1.CreateOrderResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	orders, err := s.cfg.orders()
	if err != nil {
		return nil, err
	}
	account, err := ledger.ParseAccountID(in.GetAccountId())
	if err != nil {
		return nil, malformed("accountId", "must be a UUID")
	}
	made, err := orders.Create(ctx, order.Create{
		Account: account, Bank: partners.ID(in.GetBank()), RequestID: in.GetRequestId(), Serial: caller.Serial,
	})
	if err != nil {
		return nil, err
	}
	return &porukav1.CreateOrderResponse{Order: s.cfg.orderOf(made)}, nil
}

// GetOrder tells how far an order is.
func (s accounts) GetOrder(ctx context.Context, in *porukav1.GetOrderRequest) (*porukav1.GetOrderResponse, error) {
	orders, err := s.cfg.orders()
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseOrderID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	now, err := orders.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &porukav1.GetOrderResponse{Order: s.cfg.orderOf(now)}, nil
}

// CancelOrder takes an open order back.
func (s accounts) CancelOrder(ctx context.Context, in *porukav1.CancelOrderRequest) (*porukav1.CancelOrderResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	orders, err := s.cfg.orders()
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseOrderID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	now, err := orders.Cancel(ctx, id, caller.Serial)
	if err != nil {
		return nil, err
	}
	return &porukav1.CancelOrderResponse{Order: s.cfg.orderOf(now)}, nil
}

// orders gives the use case, if this gateway has it.
func (c Config) orders() (*order.Service, error) {
	if c.Orders == nil {
		return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
	}
	return c.Orders, nil
}

func (c Config) orderOf(o order.Order) *porukav1.Order {
	out := &porukav1.Order{
		Name: "orders/" + o.ID.String(), Account: accountName(o.Account), Bank: string(o.Bank), State: porukav1.Order_State(o.State),
		Progress: porukav1.Order_Progress(o.Progress), Link: o.Link, Code: o.Code, CreateTime: stamp(o.CreatedAt), ExpireTime: stamp(o.ExpiresAt),
		PollAfterSeconds: count(int(o.PollAfter / time.Second)),
	}
	switch {
	case o.State == order.Decided:
		out.Confirmation = c.confirmationForPortal(o.Confirmation)
		out.Confirmation.RequestId = o.ID.String()
	case o.NotChecked:
		out.Confirmation = notChecked(o)
	}
	return out
}

// notChecked says that the bank of an order could not be asked. It is no record: nothing was decided.
func notChecked(o order.Order) *porukav1.Confirmation {
	reason := proto.CloneOf(wire.ReasonOf(string(ledger.ReasonSourceUnavailable)))
	if wait := max(o.RetryAfter, o.PollAfter); wait > 0 { // nothing is known of the bank: it is asked again with the next poll
		reason.RetryDelaySeconds = count(int((wait + time.Second - 1) / time.Second))
	}
	return &porukav1.Confirmation{
		RequestId: o.ID.String(), Bank: string(o.Bank), Account: accountName(o.Account), Outcome: porukav1.Confirmation_NOT_CHECKED,
		Reasons: []*porukav1.Reason{reason},
	}
}
