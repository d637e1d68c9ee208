package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// ListReceivers lists the receivers of call-backs.
func (s operators) ListReceivers(context.Context, *porukav1.ListReceiversRequest) (*porukav1.ListReceiversResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}

// ReplayEvents delivers events once more.
func (s operators) ReplayEvents(context.Context, *porukav1.ReplayEventsRequest) (*porukav1.ReplayEventsResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}
