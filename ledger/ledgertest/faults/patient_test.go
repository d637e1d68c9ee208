package faults_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/faults"
)

// forgetful does what it is told, or not, and often does not know.
type forgetful struct {
	*ledgertest.Memory
	chance *rand.Rand
}

func (f *forgetful) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	switch f.chance.IntN(5) {
	case 0:
		return ledger.ErrUnavailable
	case 1:
		return ledger.ErrConflict
	case 2:
		return ledger.ErrOutcomeUnknown // it was not
	case 3:
		if err := f.Memory.Transact(ctx, keys, decide); err != nil {
			return err
		}
		return ledger.ErrOutcomeUnknown // it was
	}
	return f.Memory.Transact(ctx, keys, decide)
}

func TestAPatientClientDoesNothingTwice(t *testing.T) {
	memory := &ledgertest.Memory{}
	patient := faults.Patient(&forgetful{memory, rand.New(rand.NewPCG(1, 2))})
	id := ledger.AccountID{1}
	done := int64(0)
	for range 150 {
		err := patient.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{id}}, func(v *ledger.View) error {
			a, _ := v.Account(id)
			a.ID, a.Version = id, a.Version+1
			v.PutAccount(a)
			return nil
		})
		switch {
		case err == nil:
			done++
		case !errors.Is(err, ledger.ErrConflict): // so many in a row that it gave up
			t.Fatal(err)
		}
	}
	a, err := memory.Account(t.Context(), id)
	if err != nil || a.Version != done || done < 140 {
		t.Errorf("acknowledged %d times and done %d times, %v", done, a.Version, err)
	}
}

func TestAPatientClientGivesUp(t *testing.T) {
	never := faults.Patient(unreachable{&ledgertest.Memory{}})
	err := never.Transact(t.Context(), ledger.Keys{}, func(*ledger.View) error { return nil })
	if !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	refused := errors.New("refused")
	if err := faults.Patient(&ledgertest.Memory{}).Transact(t.Context(), ledger.Keys{}, func(*ledger.View) error { return refused }); err != refused { //nolint:errorlint // as it is
		t.Errorf("error %v, want that of decide as it is", err)
	}
	if _, err := never.Entry(t.Context(), ledger.EntryID{}); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("error %v, want that of the engine", err)
	}
}

type unreachable struct{ *ledgertest.Memory }

func (unreachable) Transact(context.Context, ledger.Keys, func(*ledger.View) error) error {
	return ledger.ErrUnavailable
}
