package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

var errRefused = errors.New("refused")

func writeAll(v *ledger.View) {
	v.PutAccount(account(2))
	v.AddEntry(entry(2))
	v.SetAttempts(ledger.AttemptKey{Subject: index(2)}, ledger.Attempts{Failures: []time.Time{moment(0)}})
}

func nothingOfTwo(t *testing.T, e ledger.Engine) {
	t.Helper()
	_, err := e.Account(t.Context(), accountID(2))
	wantError(t, "account", err, ledger.ErrNotFound)
	_, err = e.Entry(t.Context(), entryID(2))
	wantError(t, "entry", err, ledger.ErrNotFound)
	key := ledger.AttemptKey{Subject: index(2)}
	must(t, e.Transact(t.Context(), ledger.Keys{Attempts: []ledger.AttemptKey{key}}, func(v *ledger.View) error {
		same(t, "counter", v.Attempts(key), ledger.Attempts{})
		return nil
	}))
}

func refusalStoresNothing(t *testing.T, s suite) {
	e := s.fresh(t)
	err := e.Transact(t.Context(), keysOf(2), func(v *ledger.View) error {
		writeAll(v)
		return errRefused
	})
	if err != errRefused { //nolint:errorlint // as it is
		t.Errorf("error %v, want that of decide as it is", err)
	}
	nothingOfTwo(t, e)
}

func panicStoresNothing(t *testing.T, s suite) {
	e := s.fresh(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = e.Transact(t.Context(), keysOf(2), func(v *ledger.View) error {
			writeAll(v)
			panic("a defect")
		})
	}()
	nothingOfTwo(t, e)
	store(t, e, []ledger.Account{account(2)}, []ledger.Entry{entry(2)})
}

func failsAlone(t *testing.T, s suite) {
	e := s.fresh(t)
	must(t, transact(t, e, keysOf(1, 2, 3), func(v *ledger.View) error {
		for n := 1; n <= 3; n++ {
			err := v.Try(func(v *ledger.View) error {
				v.AddEntry(entry(n))
				v.PutAccount(account(n))
				if n == 2 {
					return errRefused
				}
				return nil
			})
			if (err != nil) != (n == 2) {
				return err
			}
		}
		return nil
	}))
	same(t, "entries", all(t, e), []ledger.Entry{entry(1), entry(3)})
	nothingOfTwo(t, e)
}
