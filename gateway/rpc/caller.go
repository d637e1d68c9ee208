package rpc

import (
	"context"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// callers is the service of everybody.
type callers struct {
	porukav1.UnsafeCallerServiceServer
	cfg Config
}

// DescribeCaller tells the caller who the gateway takes it for.
func (s callers) DescribeCaller(ctx context.Context, _ *porukav1.DescribeCallerRequest) (*porukav1.DescribeCallerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Clock()
	out := &porukav1.DescribeCallerResponse{
		Identity: caller.String(), Role: string(caller.Role), Bank: caller.ID, ServerTime: stamp(now), Version: s.cfg.Version,
		Certificate: &porukav1.DescribeCallerResponse_Certificate{
			Serial: caller.Serial, NotBefore: stamp(caller.NotBefore), NotAfter: stamp(caller.NotAfter),
			DaysLeft: count(int(max(0, caller.NotAfter.Sub(now)/(24*time.Hour)))),
		},
		Methods: s.cfg.Methods(caller.Role), Sandbox: s.cfg.Sandbox,
	}
	if caller.Role != certs.RoleBank {
		return out, nil
	}
	bank, err := s.cfg.bankOf(ctx, "")
	if err != nil {
		return nil, err
	}
	out.Style, out.Policy = bank.Partner.Style, bank.Partner.Policy
	out.Limits = &porukav1.DescribeCallerResponse_Limits{
		RequestsPerSecond: bank.Partner.Limits.RequestsPerSecond, Burst: count(bank.Partner.Limits.Burst),
		ConcurrentRequests: count(bank.Partner.Limits.ConcurrentRequests),
	}
	return out, nil
}
