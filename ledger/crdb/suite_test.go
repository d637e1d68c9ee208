package crdb

import (
	"context"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// databases gives each name a database of its own, for the length of a test.
func databases(t *testing.T) ledgertest.Opener {
	urls := map[string]string{}
	return func(name string) (ledger.Engine, error) {
		if urls[name] == "" {
			urls[name] = database(t)
		}
		return Open(context.WithoutCancel(t.Context()), Config{URL: urls[name]})
	}
}

func TestConformanceOnPostgreSQL(t *testing.T) {
	postgres.Missing(t, server)
	ledgertest.Run(t, databases(t))
}
