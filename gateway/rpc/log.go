package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// proofs is the service of whoever wants to see that the log holds.
type proofs struct {
	porukav1.UnsafeLogServiceServer
	cfg Config
}

// ProveInclusion is not served.
func (proofs) ProveInclusion(context.Context, *porukav1.ProveInclusionRequest) (*porukav1.ProveInclusionResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}

// ProveConsistency is not served.
func (proofs) ProveConsistency(context.Context, *porukav1.ProveConsistencyRequest) (*porukav1.ProveConsistencyResponse, error) {
	return nil, fault.New(fault.Unimplemented, fault.MethodUnknown)
}
