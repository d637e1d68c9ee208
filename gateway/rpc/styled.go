package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// ConfirmStyled confirms one customer in the bank's own dialect.
func (s confirmations) ConfirmStyled(context.Context, *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}
