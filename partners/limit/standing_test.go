package limit_test

import (
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/limit"
)

func TestStanding(t *testing.T) {
	vtb := partners.Partner{ID: "vtb", Limits: limits(10, 25, 100)}
	l, c := start(t, directory{"vtb": vtb})
	check := func(p partners.Partner, want limit.Standing) {
		t.Helper()
		for range 2 { // to ask takes nothing
			if got := l.Standing(p); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	}
	check(vtb, limit.Standing{Limit: 10, Remaining: 25})
	admit(l, vtb, 20)
	check(vtb, limit.Standing{Limit: 10, Remaining: 5, Reset: 500 * time.Millisecond})
	admit(l, vtb, 20)
	check(vtb, limit.Standing{Limit: 10, Reset: time.Second})
	l.Charge("vtb", 10)
	check(vtb, limit.Standing{Limit: 10, Reset: 2 * time.Second})
	c.pass(time.Second)
	c.pass(150 * time.Millisecond)
	check(vtb, limit.Standing{Limit: 10, Remaining: 1, Reset: 850 * time.Millisecond})
	c.pass(time.Hour)
	check(vtb, limit.Standing{Limit: 10, Remaining: 25})

	for name, c := range map[string]struct {
		limits partners.Limits
		taken  int
		want   limit.Standing
	}{
		"slow":             {limits(0.5, 1, 1), 1, limit.Standing{Limit: 1, Reset: 2 * time.Second}},
		"small burst":      {limits(100, 2, 9), 2, limit.Standing{Limit: 100, Reset: 20 * time.Millisecond}},
		"very slow":        {limits(0.001, 1, 1), 1, limit.Standing{Limit: 1, Reset: time.Minute}},
		"nothing a second": {limits(0, 1, 1), 1, limit.Standing{Limit: 1, Reset: time.Minute}},
		"without end":      {limits(1e300, 1<<30, 9), 0, limit.Standing{Limit: 1<<31 - 1, Remaining: 1 << 30}},
	} {
		bank := partners.Partner{ID: partners.ID(name), Limits: c.limits}
		admit(l, bank, c.taken)
		if got := l.Standing(bank); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
