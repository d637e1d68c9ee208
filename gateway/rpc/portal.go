package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
)

// accounts is the service of the portal.
type accounts struct {
	porukav1.UnsafePortalServiceServer
	cfg      Config
	watchers chan struct{} // holds one for each stream of WatchConfirmations
}

// PutAccount creates an account or replaces its data.
func (s accounts) PutAccount(ctx context.Context, in *porukav1.PutAccountRequest) (*porukav1.PutAccountResponse, error) {
	put, err := s.put(in)
	if err != nil {
		return nil, err
	}
	stored, err := s.cfg.Portal.Put(ctx, put)
	if err != nil {
		return nil, err
	}
	return &porukav1.PutAccountResponse{
		Account: accountOf(s.cfg.Portal.ViewOf(stored.Account)), Result: porukav1.PutResult(stored.Result),
	}, nil
}

func (s accounts) put(in *porukav1.PutAccountRequest) (portal.Put, error) {
	id, err := ledger.ParseAccountID(in.GetId())
	if err != nil {
		return portal.Put{}, malformed("id", "must be a UUID")
	}
	profile, err := s.cfg.Portal.ParseProfile(rawProfile(in.GetProfile()))
	if err != nil {
		return portal.Put{}, err
	}
	return portal.Put{
		ID: id, Level: number[ledger.Level](in.GetLevel()), Method: number[ledger.Method](in.GetMethod()), Profile: profile,
		Registry: number[ledger.RegistryStatus](in.GetRegistryStatus()), RegistryAt: timeOf(in.GetRegistryTime()),
		ExpectedVersion: in.GetExpectedVersion(), AllowDecrease: in.GetAllowLevelDecrease(),
	}, nil
}

// GetAccount reads an account.
func (s accounts) GetAccount(ctx context.Context, in *porukav1.GetAccountRequest) (*porukav1.GetAccountResponse, error) {
	id, err := ledger.ParseAccountID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	view, err := s.cfg.Portal.Get(ctx, id, in.GetView() == porukav1.GetAccountRequest_FULL)
	if err != nil {
		return nil, err
	}
	return &porukav1.GetAccountResponse{Account: accountOf(view)}, nil
}

// LookupAccount finds the account that holds a SNILS.
func (s accounts) LookupAccount(ctx context.Context, in *porukav1.LookupAccountRequest) (*porukav1.LookupAccountResponse, error) {
	view, err := s.cfg.Portal.Lookup(ctx, in.GetSnils())
	if err != nil {
		return nil, err
	}
	return &porukav1.LookupAccountResponse{Account: accountOf(view)}, nil
}

// ListConfirmations lists the records of an account.
func (s accounts) ListConfirmations(ctx context.Context, in *porukav1.ListConfirmationsRequest) (*porukav1.ListConfirmationsResponse, error) {
	id, err := ledger.ParseAccountID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	entries, next, err := s.cfg.Portal.ListConfirmations(ctx, id, int(in.GetPageSize()), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &porukav1.ListConfirmationsResponse{NextPageToken: next}
	for _, e := range entries {
		out.Confirmations = append(out.Confirmations, s.cfg.confirmationForPortal(e))
	}
	return out, nil
}

// RecordConfirmation records a confirmation by one of the portal's own methods.
func (s accounts) RecordConfirmation(ctx context.Context, in *porukav1.RecordConfirmationRequest) (*porukav1.RecordConfirmationResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseAccountID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	recorded, err := s.cfg.Portal.RecordConfirmation(ctx, portal.Record{
		Account: id, RequestID: in.GetRequestId(), Method: number[ledger.Method](in.GetMethod()), Serial: caller.Serial,
	})
	if err != nil {
		return nil, err
	}
	out := s.cfg.confirmationForPortal(recorded.Entry)
	out.RequestId, out.Replayed = in.GetRequestId(), recorded.Replayed
	return &porukav1.RecordConfirmationResponse{Confirmation: out}, nil
}

// EraseAccount destroys the data of an account.
func (s accounts) EraseAccount(ctx context.Context, in *porukav1.EraseAccountRequest) (*porukav1.EraseAccountResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseAccountID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	act, err := s.cfg.Portal.Erase(ctx, portal.Erase{
		Account: id, RequestID: in.GetRequestId(), Ground: number[portal.Ground](in.GetGround()), Serial: caller.Serial,
	})
	if err != nil {
		return nil, err
	}
	record := s.cfg.confirmationForPortal(act.Entry)
	record.RequestId, record.Replayed = in.GetRequestId(), act.Replayed
	return &porukav1.EraseAccountResponse{Act: &porukav1.ErasureAct{
		Account: accountName(id), Record: record, Ground: porukav1.EraseAccountRequest_Ground(act.Ground), WrappingKey: act.WrappingKey,
		RecordsKept: act.Kept,
	}}, nil
}

func accountOf(v portal.View) *porukav1.Account {
	a := v.Account
	out := &porukav1.Account{
		Name: accountName(a.ID), Level: porukav1.Account_Level(v.Level), Method: porukav1.Account_Method(a.Method),
		ConfirmTime: stamp(a.ConfirmedAt), Confirmation: entryName(a.Confirmation), Version: a.Version,
		CreateTime: stamp(a.CreatedAt), UpdateTime: stamp(a.UpdatedAt),
		RegistryStatus: porukav1.Account_RegistryStatus(a.Registry), RegistryTime: stamp(a.RegistryAt),
		DocumentExpired: v.DocumentExpired, Profile: profileOf(v.Profile),
	}
	if a.Method == ledger.MethodBank && a.ConfirmedBy != ledger.PortalID {
		out.Bank = string(a.ConfirmedBy)
	}
	if v.TaxCabinet {
		out.Capabilities = []porukav1.Account_Capability{porukav1.Account_TAX_CABINET}
	}
	return out
}
