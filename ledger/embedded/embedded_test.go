package embedded_test

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(dir string) (ledger.Engine, error) {
	return embedded.Open(embedded.Config{Path: filepath.Join(dir, "ledger"), Clock: time.Now})
}

func TestConformance(t *testing.T) { ledgertest.Run(t, open) }

func TestKill(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	ledgertest.Kill(t, rounds, open)
}
