package portal

import (
	"context"
	"errors"
	"fmt"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/paging"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// Sizes of the pages of ListConfirmations.
const (
	usualPage = 50
	mostPage  = 500
)

// View is an account as the portal sees it.
type View struct {
	Account         ledger.Account
	Level           ledger.Level    // in force now
	TaxCabinet      bool            // confirmed by another method than POSTAL_CODE
	Profile         *person.Profile // in a full view only
	DocumentExpired bool            // the passport had to be replaced and the grace is over; in a full view only
}

// ViewOf gives the view without the owner's data.
func (s *Service) ViewOf(a ledger.Account) View {
	return View{
		Account: a, Level: a.LevelAt(s.now()),
		TaxCabinet: a.Level == ledger.LevelConfirmed && a.Method != ledger.MethodPostalCode,
	}
}

// Get reads an account; full unseals the owner's data. Errors are faults: ACCOUNT_NOT_FOUND, INTERNAL when what is sealed
// cannot be read, and those of the ledger.
func (s *Service) Get(ctx context.Context, id ledger.AccountID, full bool) (View, error) {
	a, err := s.cfg.Reader.Account(ctx, id)
	if err != nil {
		return View{}, accountFault(err)
	}
	view := s.ViewOf(a)
	if full && a.Level != ledger.LevelErased {
		err = s.unseal(&view)
	}
	return view, err
}

func (s *Service) unseal(view *View) error {
	data, err := s.cfg.Ring.Open(view.Account.ID, view.Account.Profile)
	if err != nil {
		return fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: account %v: %w", view.Account.ID, err))
	}
	defer clear(data)
	profile, err := person.UnmarshalProfile(data)
	if err != nil {
		return fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: account %v: malformed profile: %w", view.Account.ID, err))
	}
	view.Profile = &profile
	if profile.Citizenship.IsRussian() {
		validity, _ := profile.Passport.Validity(profile.BirthDate, s.today())
		view.DocumentExpired = validity == person.Expired
	}
	return nil
}

// Lookup finds the account that holds a SNILS, in any usual form. Errors are faults: FIELD_FORMAT and SNILS_CHECKSUM of
// `snils`, ACCOUNT_NOT_FOUND, and those of the ledger.
func (s *Service) Lookup(ctx context.Context, snils string) (View, error) {
	wanted, err := person.ParseSNILS(snils)
	if violations := refusal.Person("", err); len(violations) > 0 {
		return View{}, fault.InvalidFields(violations...)
	}
	if err != nil {
		return View{}, fault.Wrap(fault.Internal, fault.Defect, err)
	}
	a, err := s.cfg.Reader.AccountBySNILS(ctx, s.cfg.Ring.SNILS(wanted.Digits()))
	if err != nil {
		return View{}, accountFault(err)
	}
	return s.ViewOf(a), nil
}

// ListConfirmations gives one page of an account's entries, newest first, and the token of the next, empty on the last.
// size 0 means 50, more than 500 means 500. Errors are faults.
func (s *Service) ListConfirmations(ctx context.Context, id ledger.AccountID, size int, token string) ([]ledger.Entry, string, error) {
	scope := paging.ScopeOf("portal.ListConfirmations", id.String())
	after, err := scope.Cursor(token)
	if err != nil {
		return nil, "", err
	}
	if _, err := s.cfg.Reader.Account(ctx, id); err != nil {
		return nil, "", accountFault(err)
	}
	page := ledger.Page{After: after, Limit: paging.Size(size, usualPage, mostPage)}
	entries, next, err := s.cfg.Reader.EntriesOfAccount(ctx, id, page)
	if err != nil {
		return nil, "", refusal.Ledger(err)
	}
	return entries, scope.Token(next), nil
}

func accountFault(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return fault.New(fault.NotFound, fault.AccountNotFound)
	}
	return refusal.Ledger(err)
}
