package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// CreateOrder asks a bank to confirm the owner of an account.
func (s accounts) CreateOrder(context.Context, *porukav1.CreateOrderRequest) (*porukav1.CreateOrderResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}

// GetOrder tells how far an order is.
func (s accounts) GetOrder(context.Context, *porukav1.GetOrderRequest) (*porukav1.GetOrderResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}

// CancelOrder takes an open order back.
func (s accounts) CancelOrder(context.Context, *porukav1.CancelOrderRequest) (*porukav1.CancelOrderResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}
