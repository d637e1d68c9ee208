package audit_test

import (
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = "gateway.example/log"

// ring is that of all tests here.
var ring = sync.OnceValue(func() *seal.Ring {
	r, err := seal.Generate(seal.Development)
	if err != nil {
		panic(err)
	}
	return r
})

// keys are those that a reader of reports trusts.
func keys(t testing.TB) verify.Keys {
	t.Helper()
	lines := must(tlog.VerifierKeys(origin, ring()))(t)
	return must(verify.ParseKeys(strings.Join(lines, "\n")))(t)
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// engine is what a report is made of.
type engine interface {
	ledger.Reporter
	ledger.Log
	ledger.Checkpoints
}

// settle puts everything into the log and signs it.
func settle(t testing.TB, store engine) {
	t.Helper()
	tlogtest.Settle(t, ring(), origin, store)
}
