package ledgertest_test

import (
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func TestMemory(t *testing.T) {
	stores := map[string]*ledgertest.Memory{}
	ledgertest.Run(t, func(dir string) (ledger.Engine, error) {
		if stores[dir] == nil {
			stores[dir] = &ledgertest.Memory{}
		}
		stores[dir].Reopen()
		return stores[dir], nil
	})
}
