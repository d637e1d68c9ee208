package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Opener opens the ledger that is kept in dir, and makes an empty one the first time. After Close, the same dir gives the
// same ledger again. An engine that keeps nothing in files takes dir as a name.
type Opener func(dir string) (ledger.Engine, error)

// Run checks an engine.
func Run(t *testing.T, open Opener) {
	t.Helper()
	s := suite{open: open}
	for _, part := range []struct {
		name  string
		tests map[string]func(*testing.T, suite)
	}{
		{"Transact", transactTests()},
		{"Concurrency", concurrencyTests()},
		{"Values", valueTests()},
		{"Report", reportTests()},
		{"Log", logTests()},
		{"Bookmarks", bookmarkTests()},
		{"Lifecycle", lifecycleTests()},
		{"Model", modelTests()},
	} {
		t.Run(part.name, func(t *testing.T) {
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) { test(t, s) })
			}
		})
	}
}

type suite struct{ open Opener }

// fresh opens an empty ledger for the time of the test.
func (s suite) fresh(t *testing.T) ledger.Engine {
	t.Helper()
	return s.at(t, t.TempDir())
}

func (s suite) at(t *testing.T, dir string) ledger.Engine {
	t.Helper()
	e, err := s.open(dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// The fixtures are told apart by a number; their keys are spread over the whole range, as real ones are.

func accountID(n int) (id ledger.AccountID) { copy(id[:], spread('a', n)); return id }

func entryID(n int) (id ledger.EntryID) { copy(id[:], spread('e', n)); return id }

func index(n int) (i ledger.Index) { copy(i[:], spread('i', n)); return i }

func phone(n int) (i ledger.Index) { copy(i[:], spread('p', n)); return i }

func spread(kind byte, n int) []byte {
	state := uint64(n)*0x9e3779b97f4a7c15 + uint64(kind) + 1 //nolint:gosec // any bits will do
	out := make([]byte, 32)
	for i := range out {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		out[i] = byte(state >> 32) //nolint:gosec // cut off on purpose
	}
	return out
}

// moment gives distinct times in whole microseconds, in order.
func moment(n int) time.Time {
	return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
}

func account(n int) ledger.Account {
	return ledger.Account{
		ID: accountID(n), Level: ledger.LevelStandard, Version: 1, Registry: ledger.RegistryVerified, RegistryAt: moment(n),
		Profile: ledger.Sealed{WrappedKey: spread('k', n), Box: spread('b', n)}, SNILS: index(n), Phone: phone(n),
		CreatedAt: moment(n), UpdatedAt: moment(n),
	}
}

func entry(n int) ledger.Entry {
	e := ledger.Entry{
		ID: entryID(n), Kind: ledger.KindConfirmation, Partner: "bank-a", Account: accountID(n), Outcome: ledger.OutcomeConfirmed,
		Before: ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank, Policy: "match/1", Style: "native",
		Serial: "0a1b2c", Means: ledger.AuthenticatedByApp, AuthedAt: moment(n), DecidedAt: moment(n), Encoding: ledger.EncodingVersion,
		Link: ledger.Link{Sequence: uint64(n), Size: 1}, //nolint:gosec // not negative
	}
	copy(e.Digest[:], spread('d', n))
	copy(e.Link.Writer[:], spread('w', n))
	copy(e.Link.Previous[:], spread('l', n))
	copy(e.Mark[:], spread('m', n))
	commitment := ledger.Commitment{Group: ledger.GroupName}
	copy(commitment.Digest[:], spread('c', n))
	e.Commitments = []ledger.Commitment{commitment}
	return e
}

// keysOf names all that the fixtures of these numbers have.
func keysOf(numbers ...int) ledger.Keys {
	var keys ledger.Keys
	for _, n := range numbers {
		keys.Add(ledger.Keys{
			Entries: []ledger.EntryID{entryID(n)}, Accounts: []ledger.AccountID{accountID(n)},
			SNILS: []ledger.Index{index(n)}, Phones: []ledger.Index{phone(n)},
		})
	}
	return keys
}

// transact runs decide and repeats it as long as the engine says that others were in the way.
func transact(t *testing.T, e ledger.Engine, keys ledger.Keys, decide func(*ledger.View) error) error {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		err := e.Transact(t.Context(), keys, decide)
		if !errors.Is(err, ledger.ErrConflict) || time.Now().After(deadline) {
			return err
		}
	}
}

// store puts accounts and entries, each in one transaction with its like.
func store(t *testing.T, e ledger.Engine, accounts []ledger.Account, entries []ledger.Entry) {
	t.Helper()
	var keys ledger.Keys
	for _, a := range accounts {
		keys.Add(ledger.Keys{Accounts: []ledger.AccountID{a.ID}, SNILS: []ledger.Index{a.SNILS}, Phones: []ledger.Index{a.Phone}})
	}
	for _, entry := range entries {
		keys.Add(ledger.Keys{Entries: []ledger.EntryID{entry.ID}})
	}
	must(t, transact(t, e, keys, func(v *ledger.View) error {
		for _, a := range accounts {
			v.PutAccount(a)
		}
		for _, entry := range entries {
			v.AddEntry(entry)
		}
		return nil
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

// all lists every entry in the order of the ledger.
func all(t *testing.T, e ledger.Engine) []ledger.Entry {
	t.Helper()
	return listed(t, e, ledger.Filter{}, ledger.Page{Limit: 1000})
}

// listed follows the cursors from page on to their end.
func listed(t *testing.T, e ledger.Engine, filter ledger.Filter, page ledger.Page) []ledger.Entry {
	t.Helper()
	var out []ledger.Entry
	for {
		entries, next, err := e.Entries(t.Context(), filter, page)
		must(t, err)
		if len(entries) > page.Limit || (next != "" && len(entries) == 0) {
			t.Fatalf("a page of %d entries and next %q, limit %d", len(entries), next, page.Limit)
		}
		out = append(out, entries...)
		if next == "" {
			return out
		}
		page.After = next
	}
}
