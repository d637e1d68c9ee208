package ledger_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

// names checks that known numbers have distinct names that are read back, and that nothing else has a name.
func names[T ~uint8](t *testing.T, kind string, last T, parse func(string) (T, bool), name func(T) string) {
	t.Helper()
	seen := map[string]bool{}
	for n := range T(math.MaxUint8) {
		text := name(n)
		if (text != "") != (n >= 1 && n <= last) || (text != "" && seen[text]) {
			t.Errorf("%s %d is called %q", kind, n, text)
		}
		seen[text] = true
		if parse == nil || text == "" {
			continue
		}
		if again, ok := parse(text); !ok || again != n {
			t.Errorf("%s %q is read as %d, %v", kind, text, again, ok)
		}
	}
	if parse == nil {
		return
	}
	for _, text := range []string{"", "nothing", strings.ToLower(name(1)), name(1) + " "} {
		if n, ok := parse(text); ok {
			t.Errorf("%s %q is read as %d", kind, text, n)
		}
	}
}

func TestNames(t *testing.T) {
	names(t, "level", ledger.LevelErased, ledger.ParseLevel, ledger.Level.String)
	names(t, "method", ledger.MethodESignature, ledger.ParseMethod, ledger.Method.String)
	names(t, "registry status", ledger.RegistryNone, ledger.ParseRegistryStatus, ledger.RegistryStatus.String)
	names(t, "outcome", ledger.OutcomeNotChecked, ledger.ParseOutcome, ledger.Outcome.String)
	names(t, "kind", ledger.KindOrderCancel, nil, ledger.Kind.String)
	names(t, "authentication", ledger.AuthenticatedInBranch, nil, ledger.Authentication.String)
	names(t, "field", ledger.FieldEmail, nil, ledger.Field.String)
	names(t, "group", ledger.GroupContact, nil, ledger.FieldGroup.String)
}

func TestFallsTo(t *testing.T) {
	ladder := []ledger.Level{ledger.LevelSimplified, ledger.LevelStandardVerifying, ledger.LevelStandard, ledger.LevelConfirmed}
	for i, from := range ladder {
		for j, to := range ladder {
			if got := from.FallsTo(to); got != (j < i) {
				t.Errorf("%v falls to %v: %v", from, to, got)
			}
		}
		for _, side := range []ledger.Level{ledger.LevelNone, ledger.LevelStalled, ledger.LevelVerifyFailed, ledger.LevelLocked, ledger.LevelErased} {
			if !from.FallsTo(side) || side.FallsTo(from) {
				t.Errorf("%v and %v: %v, %v", from, side, from.FallsTo(side), side.FallsTo(from))
			}
		}
	}
}

func TestLevelAt(t *testing.T) {
	asked := time.Unix(1_000_000, 0)
	verifying := ledger.Account{Level: ledger.LevelStandardVerifying, RegistryAt: asked}
	never := ledger.Account{Level: ledger.LevelStandardVerifying}
	standard := ledger.Account{Level: ledger.LevelStandard, RegistryAt: asked}
	for name, test := range map[string]struct {
		account ledger.Account
		after   time.Duration
		want    ledger.Level
	}{
		"at once":           {verifying, 0, ledger.LevelStandardVerifying},
		"to the last":       {verifying, ledger.RegistryPatience, ledger.LevelStandardVerifying},
		"too long":          {verifying, ledger.RegistryPatience + 1, ledger.LevelStalled},
		"never asked":       {never, 100 * ledger.RegistryPatience, ledger.LevelStandardVerifying},
		"answered long ago": {standard, 100 * ledger.RegistryPatience, ledger.LevelStandard},
	} {
		if got := test.account.LevelAt(asked.Add(test.after)); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestIDs(t *testing.T) {
	const text = "0123abcd-4567-89ab-cdef-0123456789ab"
	account, errAccount := ledger.ParseAccountID(strings.ToUpper(text))
	entry, errEntry := ledger.ParseEntryID(text)
	if errAccount != nil || errEntry != nil || account.String() != text || entry.String() != text || account.IsZero() || entry.IsZero() {
		t.Errorf("%v, %v, %v, %v", account, errAccount, entry, errEntry)
	}
	if !(ledger.AccountID{}).IsZero() || !(ledger.EntryID{}).IsZero() {
		t.Error("a zero id is not zero")
	}
	for _, bad := range []string{"", "x", text + "0", text[1:]} {
		if _, err := ledger.ParseAccountID(bad); err == nil {
			t.Errorf("account %q is read", bad)
		}
		if _, err := ledger.ParseEntryID(bad); err == nil {
			t.Errorf("entry %q is read", bad)
		}
	}
}
