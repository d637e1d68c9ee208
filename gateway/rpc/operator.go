package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/partners"
)

// operators is the service of operators.
type operators struct {
	porukav1.UnsafeOperatorServiceServer
	cfg Config
}

// ListPartners lists the roster.
func (s operators) ListPartners(ctx context.Context, _ *porukav1.ListPartnersRequest) (*porukav1.ListPartnersResponse, error) {
	list, err := s.cfg.Banks.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &porukav1.ListPartnersResponse{Partners: make([]*porukav1.Partner, len(list))}
	for i, bank := range list {
		out.Partners[i] = s.partnerOf(bank)
	}
	return out, nil
}

// SuspendPartner stops a bank.
func (s operators) SuspendPartner(ctx context.Context, in *porukav1.SuspendPartnerRequest) (*porukav1.SuspendPartnerResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	bank, err := s.cfg.Banks.Suspend(ctx, partners.ID(in.GetId()), caller.String(), in.GetNote())
	if err != nil {
		return nil, err
	}
	return &porukav1.SuspendPartnerResponse{Partner: s.partnerOf(bank)}, nil
}

// ResumePartner lets a bank call again.
func (s operators) ResumePartner(ctx context.Context, in *porukav1.ResumePartnerRequest) (*porukav1.ResumePartnerResponse, error) {
	bank, err := s.cfg.Banks.Resume(ctx, partners.ID(in.GetId()))
	if err != nil {
		return nil, err
	}
	return &porukav1.ResumePartnerResponse{Partner: s.partnerOf(bank)}, nil
}

func (s operators) partnerOf(b banks.Bank) *porukav1.Partner {
	return &porukav1.Partner{
		Id: string(b.ID), DisplayName: b.DisplayName, State: porukav1.Partner_State(b.State), ValidFrom: b.ValidFrom.ISO(),
		ValidUntil: b.ValidUntil.ISO(), Policy: b.Policy, Style: b.Style, RequestsPerSecond: b.Limits.RequestsPerSecond,
		Burst: count(b.Limits.Burst), SuspendTime: stamp(b.SuspendAt), SuspendNote: b.Note,
		Endpoint: s.cfg.Endpoint(b.ID),
	}
}
