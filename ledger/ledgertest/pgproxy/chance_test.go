package pgproxy_test

import (
	"slices"
	"testing"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

func TestChanceIsAShareAndRepeatable(t *testing.T) {
	draw := func(seed uint64, share float64) (out []pgproxy.Kind) {
		rule := pgproxy.Chance(seed, share, pgproxy.Fault{Kind: pgproxy.CutBefore}, pgproxy.Fault{Kind: pgproxy.CutAfter})
		for range 10_000 {
			out = append(out, rule(pgproxy.Statement{}).Kind)
		}
		return out
	}
	one := draw(1, 0.1)
	for _, kind := range []pgproxy.Kind{pgproxy.CutBefore, pgproxy.CutAfter} {
		n := len(slices.DeleteFunc(slices.Clone(one), func(k pgproxy.Kind) bool { return k != kind }))
		if n < 400 || n > 600 {
			t.Errorf("%v: %d of 10000, want about 500", kind, n)
		}
	}
	if !slices.Equal(one, draw(1, 0.1)) {
		t.Error("the same seed chose otherwise")
	}
	if slices.Equal(one, draw(2, 0.1)) {
		t.Error("another seed chose the same")
	}
	if slices.ContainsFunc(draw(1, 0), func(k pgproxy.Kind) bool { return k != pgproxy.Pass }) {
		t.Error("a fault without a chance")
	}
}
