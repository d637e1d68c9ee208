package faults

import (
	"errors"
	"flag"
	"strconv"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// Retryable are the faults that nobody needs to hear of: a ledger gets over one by itself, and a patient client over many.
func Retryable() []pgproxy.Fault {
	return []pgproxy.Fault{
		{Kind: pgproxy.Fail, Code: "40001"},
		{Kind: pgproxy.Fail, Code: "40P01"},
		{Kind: pgproxy.Fail, Code: "57P01", Fatal: true},
		{Kind: pgproxy.Lie, Code: "57P01", Fatal: true},
		{Kind: pgproxy.HangUp, Code: "57P01"},
		{Kind: pgproxy.CutBefore},
		{Kind: pgproxy.CutAfter},
	}
}

// Slow are the faults of a line on which nothing is lost.
func Slow() []pgproxy.Fault {
	return []pgproxy.Fault{{Delay: 300 * time.Microsecond}, {Delay: time.Millisecond}, {Delay: 4 * time.Millisecond}}
}

// Shares of all statements that are disturbed.
const (
	slowShare   = 0.1
	faultyShare = 0.02
)

// Conformance runs the whole suite of package ledgertest through a proxy: on a line of which a tenth is slow, and, for a Patient
// client, under Retryable faults. Not an assertion of the suite is given up for them but one: what was lost while the ledger was closed
// may stay unknown. The seed chooses the faults.
//
// It wants the server for itself: a place in the order of a PostgreSQL ledger is final, and listed, when all older transactions of the
// server have ended.
func Conformance(t *testing.T, c Config, seed uint64) {
	t.Helper()
	fewerHistories(t)
	alone := func(e ledger.Engine) ledger.Engine { return e }
	for _, test := range []struct {
		name   string
		share  float64
		faults []pgproxy.Fault
		as     func(ledger.Engine) ledger.Engine
	}{
		{"slow", slowShare, Slow(), alone},
		{"faulty", faultyShare, Retryable(), Patient},
	} {
		t.Run(test.name, func(t *testing.T) {
			rule := func(database uint64) pgproxy.Rule { return pgproxy.Chance(seed+database, test.share, test.faults...) }
			ledgertest.Run(t, opener(t, c, rule, test.as))
		})
	}
}

// fewerHistories has a tenth of the suite's random histories be run: each takes a multiple of its time here.
func fewerHistories(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	usual := checks.Value.String()
	n, err := strconv.Atoi(usual)
	must(t, err)
	must(t, checks.Value.Set(strconv.Itoa(max(1, n/10))))
	t.Cleanup(func() { must(t, checks.Value.Set(usual)) })
}

func opener(t *testing.T, c Config, rule func(uint64) pgproxy.Rule, as func(ledger.Engine) ledger.Engine) ledgertest.Opener {
	t.Helper()
	urls := map[string]string{}
	return func(name string) (ledger.Engine, error) {
		if urls[name] == "" {
			p, err := pgproxy.Start(c.Database(t))
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { must(t, p.Close()) })
			p.Apply(rule(uint64(len(urls))))
			urls[name] = p.URL()
		}
		var err error
		for range patience {
			var e ledger.Engine
			if e, err = c.Open(urls[name], Limits{}); err == nil {
				return as(e), nil
			}
			if !errors.Is(err, ledger.ErrUnavailable) && !errors.Is(err, ledger.ErrConflict) {
				return nil, err
			}
			time.Sleep(pause)
		}
		return nil, err
	}
}
