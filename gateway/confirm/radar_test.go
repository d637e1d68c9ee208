package confirm_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

func (b *bench) detail(who string, raw person.Raw, change ...func(*confirm.Request)) string {
	b.t.Helper()
	return b.must(bank(partnerID(who)), b.ask(raw, change...)).Entry.Detail
}

func renamed() person.Raw {
	return with(maria(), func(p *person.Raw) { p.FamilyName = "Иванова" })
}

// Whoever comes first, the second entry names what differs.
func TestTwoBanksThatDiffer(t *testing.T) {
	good, bad := maria(), with(renamed(), func(p *person.Raw) { p.Passport.Number = "999999" })
	for name, c := range map[string]struct {
		account       bool
		first, second person.Raw
		want          string
	}{
		"good, then bad":          {true, good, bad, "conflict=DOCUMENT,NAME:sberbank"},
		"bad, then good":          {true, bad, good, "conflict=DOCUMENT,NAME:sberbank"},
		"unknown":                 {false, bad, good, "conflict=DOCUMENT,NAME:sberbank"},
		"unknown, otherwise":      {false, good, bad, "conflict=DOCUMENT,NAME:sberbank"},
		"both good":               {true, good, good, ""},
		"both bad alike":          {true, bad, bad, ""},
		"one without INN":         {true, bad, with(bad, func(p *person.Raw) { p.INN = "" }), ""},
		"other INN":               {false, bad, with(bad, func(p *person.Raw) { p.INN = "123456789047" }), "conflict=INN:sberbank"},
		"other birth":             {true, good, with(good, func(p *person.Raw) { p.BirthDate = "1990-04-22" }), "conflict=BIRTH:sberbank"},
		"other phone":             {true, good, with(good, func(p *person.Raw) { p.MobilePhone = "+79161234568" }), "conflict=CONTACT:sberbank"},
		"other department":        {true, near(), good, ""},
		"close, then another":     {true, near(), bad, "conflict=DOCUMENT,NAME:sberbank"},
		"written otherwise":       {false, good, with(good, func(p *person.Raw) { p.FamilyName = "КУЗНЕЦОВА" }), ""},
		"two persons, two SNILS ": {false, good, with(bad, func(p *person.Raw) { p.SNILS = "087-654-303 00" }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			onEachLedger(t, func(t *testing.T, b *bench) {
				if c.account {
					b.put(mariasAccount())
				}
				if first := b.detail("sberbank", c.first); first != "" {
					t.Errorf("the first is in conflict: %q", first)
				}
				if got := b.detail("vtb", c.second); got != c.want {
					t.Errorf("detail %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestABankIsNotInConflictWithItself(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	for _, raw := range []person.Raw{wrong(), renamed(), maria(), wrong()} {
		if got := b.detail("vtb", raw); got != "" {
			t.Errorf("detail %q", got)
		}
	}
}

// A bank that has corrected itself is no conflict for those who come later.
func TestCorrectedClaimsAreForgotten(t *testing.T) {
	b := newBench(t)
	b.put(mariasAccount())
	b.detail("vtb", renamed())
	b.detail("vtb", maria())
	if got := b.detail("sberbank", maria()); got != "" {
		t.Errorf("detail %q", got)
	}
}

func TestAllBanksThatDifferAreNamed(t *testing.T) {
	b := newBench(t)
	b.detail("vtb", renamed())
	b.detail("bspb", wrong())
	if got := b.detail("sberbank", maria()); got != "conflict=DOCUMENT:bspb conflict=NAME:vtb" {
		t.Errorf("detail %q", got)
	}
}

func TestDryRunsVouchForNothing(t *testing.T) {
	b := newBench(t)
	dry := func(r *confirm.Request) { r.DryRun = true }
	b.detail("vtb", renamed(), dry)
	b.detail("bspb", wrong())
	if got := b.detail("sberbank", renamed(), dry); got != "" {
		t.Errorf("a dry run: %q", got)
	}
	if got := b.detail("sberbank", maria()); got != "conflict=DOCUMENT:bspb" {
		t.Errorf("detail %q", got)
	}
}

func TestVouchesAreForgottenAfterAYear(t *testing.T) {
	b := newBench(t)
	b.detail("vtb", renamed())
	b.clock.add(ledger.VouchMemory - time.Hour)
	if got := b.detail("bspb", maria()); got != "conflict=NAME:vtb" {
		t.Errorf("within a year: %q", got)
	}
	b.clock.add(2 * time.Hour)
	if got := b.detail("sberbank", maria()); strings.Contains(got, "vtb") {
		t.Errorf("after a year: %q", got)
	}
}

// The radar knows no values: the counter holds digests that differ from subject to subject.
func TestVouchesTellNothing(t *testing.T) {
	b := newBench(t)
	claim, other := b.parse(maria()), b.parse(with(maria(), func(p *person.Raw) { p.SNILS = "087-654-303 00" }))
	one := b.ring.Vouched(b.ring.SNILS(claim.SNILS.Digits()), claim)
	two := b.ring.Vouched(b.ring.SNILS(other.SNILS.Digits()), other)
	for i := range one {
		if set := i != int(ledger.GroupSNILS)-1; (one[i] != [8]byte{}) != set || set && one[i] == two[i] {
			t.Errorf("group %d: %x and %x", i+1, one[i], two[i])
		}
	}
	data, err := ledger.Attempts{Vouches: []ledger.Vouch{{Partner: "vtb", At: start, Groups: one}}}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range canaries() {
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("a canary stands in %x", data)
		}
	}
}

// Unknown and mismatching claims write the same: the same counters, with a vouch each, and one entry.
func TestUnknownAndMismatchingClaimsWriteTheSame(t *testing.T) {
	written := func(known bool) (sizes []int) {
		b := newBench(t)
		if known {
			b.put(mariasAccount())
		}
		b.detail("vtb", wrong())
		subject := b.ring.SNILS("11223344595")
		for _, partner := range []ledger.PartnerID{"vtb", ""} {
			key := ledger.AttemptKey{Subject: subject, Partner: partner}
			b.change(func(v *ledger.View) {
				data, err := v.Attempts(key).MarshalBinary()
				if err != nil {
					t.Error(err)
				}
				sizes = append(sizes, len(data))
			}, ledger.Keys{Attempts: []ledger.AttemptKey{key}})
		}
		return append(sizes, len(b.entries()))
	}
	if a, b := written(true), written(false); len(a) != 3 || a[0] != b[0] || a[1] != b[1] || a[2] != b[2] || a[1] <= a[0] {
		t.Errorf("known %v, unknown %v", a, b)
	}
}
