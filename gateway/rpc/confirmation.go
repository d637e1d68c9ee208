package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
)

// confirmations is the service of banks.
type confirmations struct {
	porukav1.UnsafeConfirmationServiceServer
	cfg Config
}

// ConfirmIdentity confirms one customer.
func (s confirmations) ConfirmIdentity(ctx context.Context, in *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	bank, err := s.cfg.bankOf(ctx, in.GetBank())
	if err != nil {
		return nil, err
	}
	out, err := s.confirm(ctx, bank, in)
	if err != nil {
		return nil, err
	}
	return &porukav1.ConfirmIdentityResponse{Confirmation: out}, nil
}

func (s confirmations) confirm(ctx context.Context, bank confirm.Caller, in *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error) {
	claimed, trace, err := s.cfg.Confirm.Parse(rawPerson(in.GetPerson()), bank.Partner)
	if err != nil {
		return nil, err
	}
	decision, err := s.cfg.Confirm.Confirm(ctx, bank, confirm.Request{
		ID: in.GetRequestId(), Person: claimed, Trace: trace,
		BankAccount: confirm.BankAccount{Active: in.GetBankAccount().GetActive(), PhoneBound: in.GetBankAccount().GetPhoneBound()},
		Authentication: confirm.Authentication{
			Means: number[ledger.Authentication](in.GetAuthentication().GetMethod()), At: timeOf(in.GetAuthentication().GetTime()),
		},
		Consent: confirm.Consent{Given: in.GetConsent().GetGiven(), At: timeOf(in.GetConsent().GetTime())},
		DryRun:  in.GetDryRun(),
		SentAt:  timeOf(in.GetSendTime()),
	})
	if err != nil {
		return nil, err
	}
	out := s.cfg.confirmationForBank(decision.Entry)
	out.RequestId, out.Replayed, out.Normalisation = in.GetRequestId(), decision.Replayed, normalisation(decision.Trace)
	if !decision.Replayed {
		s.cfg.Decided(string(bank.Partner.ID), out.GetOutcome().String())
	}
	return out, nil
}

// GetConfirmation reads a confirmation.
func (s confirmations) GetConfirmation(ctx context.Context, in *porukav1.GetConfirmationRequest) (*porukav1.GetConfirmationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseEntryID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	e, err := s.cfg.Confirm.Get(ctx, readerOf(caller), id)
	if err != nil {
		return nil, err
	}
	proof, err := s.cfg.proofOf(ctx, e)
	if err != nil {
		return nil, err
	}
	return &porukav1.GetConfirmationResponse{Confirmation: s.cfg.confirmationFor(caller, e), Proof: proof}, nil
}

// readerOf is whose entries a caller may read: the portal's id stands for all.
func readerOf(caller certs.Caller) ledger.PartnerID {
	if caller.Role == certs.RolePortal {
		return ledger.PortalID
	}
	return ledger.PartnerID(caller.ID)
}

func (c Config) confirmationFor(caller certs.Caller, e ledger.Entry) *porukav1.Confirmation {
	if caller.Role == certs.RolePortal {
		return c.confirmationForPortal(e)
	}
	return c.confirmationForBank(e)
}

// FindConfirmation tells what became of a request.
func (s confirmations) FindConfirmation(ctx context.Context, in *porukav1.FindConfirmationRequest) (*porukav1.FindConfirmationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	partner := in.GetBank()
	switch {
	case caller.Role == certs.RolePortal && partner == "":
		return nil, malformed("bank", "is required of the portal")
	case caller.Role == certs.RolePortal:
	case partner != "" && partner != caller.ID:
		return nil, fault.New(fault.Denied, fault.CertificateNotYours)
	default:
		partner = caller.ID
	}
	state, e, err := s.cfg.Confirm.Find(ctx, ledger.PartnerID(partner), in.GetRequestId())
	if err != nil {
		return nil, err
	}
	out := &porukav1.FindConfirmationResponse{State: porukav1.FindConfirmationResponse_State(state)}
	if state == confirm.Decided {
		out.Confirmation = s.cfg.confirmationFor(caller, e)
		out.Confirmation.RequestId = in.GetRequestId()
	}
	return out, nil
}

// WithdrawConfirmation takes a confirmation back.
func (s confirmations) WithdrawConfirmation(ctx context.Context, in *porukav1.WithdrawConfirmationRequest) (*porukav1.WithdrawConfirmationResponse, error) {
	bank, err := s.cfg.bankOf(ctx, "")
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseEntryID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	decision, err := s.cfg.Confirm.Withdraw(ctx, bank, id)
	if err != nil {
		return nil, err
	}
	out := s.cfg.confirmationForBank(decision.Entry)
	out.Replayed = decision.Replayed
	return &porukav1.WithdrawConfirmationResponse{Confirmation: out}, nil
}
