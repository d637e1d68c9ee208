package match_test

import (
	"slices"
	"testing"

	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// of gives a person of whom only what Admit looks at is known.
func of(t testing.TB, citizenship, birth, issued string) person.Person {
	t.Helper()
	raw := person.Raw{Citizenship: citizenship, BirthDate: birth}
	if issued != "" {
		raw.Passport = person.RawPassport{Series: "4500", Number: "799799", IssueDate: issued}
	}
	p, _, err := person.Parse(raw, nil, day(t, "2099-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAdmit(t *testing.T) {
	const (
		under  = ledger.ReasonMinorUnder14
		minor  = ledger.ReasonMinorPolicy
		before = ledger.ReasonIssuedBefore14
		over   = ledger.ReasonPassportExpired
	)
	for _, c := range []struct {
		citizenship, birth, issued, on string
		minors                         bool
		want                           []ledger.Reason
	}{
		{"", "2006-05-10", "2020-06-01", "2026-05-09", false, nil},
		{"", "2006-05-10", "2020-06-01", "2026-05-10", false, nil},
		{"", "2006-05-10", "2020-06-01", "2026-08-08", false, nil},
		{"", "2006-05-10", "2020-06-01", "2026-08-09", false, []ledger.Reason{over}},
		{"", "2006-05-10", "2026-05-20", "2026-08-09", false, nil},
		{"", "1981-01-15", "2001-02-01", "2026-04-15", false, nil},
		{"", "1981-01-15", "2001-02-01", "2026-04-16", false, []ledger.Reason{over}},
		{"", "1981-01-15", "2026-02-01", "2060-01-01", false, nil},
		{"", "2004-02-29", "2018-03-10", "2024-05-29", false, nil},
		{"", "2004-02-29", "2018-03-10", "2024-05-30", false, []ledger.Reason{over}},
		{"", "2012-07-01", "2026-06-30", "2026-07-02", true, []ledger.Reason{before}},
		{"", "2012-07-01", "2026-06-30", "2026-07-02", false, []ledger.Reason{minor, before}},
		{"", "2012-07-01", "2026-07-01", "2026-07-02", true, nil},
		{"", "2012-07-01", "2026-07-01", "2026-07-02", false, []ledger.Reason{minor}},
		{"", "2012-07-01", "2026-06-30", "2026-06-30", true, []ledger.Reason{under}},
		{"", "2008-07-02", "2022-08-01", "2026-07-01", false, []ledger.Reason{minor}},
		{"", "2008-07-01", "2022-08-01", "2026-07-01", false, nil},
		{"", "2004-02-29", "2018-03-10", "2022-02-28", false, []ledger.Reason{minor}},
		{"", "2004-02-29", "2018-03-10", "2022-03-01", false, nil},
		{"", "", "2018-03-10", "2022-03-01", true, []ledger.Reason{under}},
		{"KAZ", "1981-01-15", "2001-02-01", "2026-04-16", false, nil},
		{"KAZ", "1990-01-01", "2000-01-01", "2026-04-16", false, nil},
		{"KAZ", "2010-01-01", "2020-01-01", "2026-04-16", false, []ledger.Reason{minor}},
		{"KAZ", "2020-01-01", "2021-01-01", "2026-04-16", true, []ledger.Reason{under}},
		{"KAZ", "1990-01-01", "", "2026-04-16", false, nil},
	} {
		policy := v1(t)
		policy.Minors = c.minors
		if got := policy.Admit(of(t, c.citizenship, c.birth, c.issued), day(t, c.on)); !slices.Equal(got, c.want) {
			t.Errorf("born %s, issued %s, on %s, minors %v: %v, want %v", c.birth, c.issued, c.on, c.minors, got, c.want)
		}
	}
}

func TestDocumentEnds(t *testing.T) {
	for _, c := range []struct{ citizenship, birth, issued, last string }{
		{"", "2006-05-10", "2020-06-01", "2026-08-08"},
		{"", "2006-05-10", "2026-05-10", "2051-08-08"},
		{"", "1981-01-15", "2026-02-01", ""},
		{"", "1981-01-15", "", ""},
		{"", "", "2010-01-01", ""},
		{"KAZ", "2006-05-10", "2020-06-01", ""},
	} {
		held := person.Profile{Person: of(t, c.citizenship, c.birth, c.issued)}
		last, ok := match.DocumentEnds(held)
		if last.ISO() != c.last || ok != (c.last != "") {
			t.Errorf("born %s, issued %s: %s, %v; want %s", c.birth, c.issued, last.ISO(), ok, c.last)
		}
		if !ok {
			if match.DocumentExpired(held, day(t, "2098-01-01")) {
				t.Errorf("born %s, issued %s: what has no end has ended", c.birth, c.issued)
			}
			continue
		}
		if match.DocumentExpired(held, last) || !match.DocumentExpired(held, last.AddDays(1)) {
			t.Errorf("born %s, issued %s: the last day is not %s", c.birth, c.issued, last.ISO())
		}
	}
}
