package roster_test

import (
	"os"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
)

const good = `version: 1
partners:
  - id: vtb
    displayName: ВТБ
    validFrom: 2026-01-01
    validUntil: 2026-12-31
    policy: match/1
    minors: true
    style: native
    limits:
      requestsPerSecond: 2.5
      burst: 10
      concurrentRequests: 5
      connections: 3
    required: [inn, passport.departmentCode]
  - id: bspb
    displayName: БСПБ
    validFrom: 2026-01-01
    policy: match/1
    limits: {requestsPerSecond: 1, burst: 1, concurrentRequests: 1, connections: 1}
`

func policies() []string { return []string{"match/1", "match/2"} }

func parse(content string) ([]partners.Partner, error) {
	return roster.Parse([]byte(content), roster.Known{Policies: policies(), Styles: []roster.Style{{Name: "vtb"}}})
}

func day(t testing.TB, text string) person.Date {
	t.Helper()
	d, err := person.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseReadsEveryKey(t *testing.T) {
	banks, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if len(banks) != 2 || banks[0].ID != "bspb" || banks[1].ID != "vtb" {
		t.Fatalf("banks %v, want bspb and vtb in this order", banks)
	}
	small, vtb := banks[0], banks[1]
	if vtb.DisplayName != "ВТБ" || vtb.Policy != "match/1" || !vtb.Minors || vtb.Style != "native" {
		t.Errorf("vtb is %+v", vtb)
	}
	if vtb.ValidFrom != day(t, "2026-01-01") || vtb.ValidUntil != day(t, "2026-12-31") {
		t.Errorf("vtb from %s until %s", vtb.ValidFrom.ISO(), vtb.ValidUntil.ISO())
	}
	if want := (partners.Limits{RequestsPerSecond: 2.5, Burst: 10, ConcurrentRequests: 5, Connections: 3}); vtb.Limits != want {
		t.Errorf("limits %+v, want %+v", vtb.Limits, want)
	}
	if len(vtb.Required) != 2 || !vtb.Required[person.FieldINN] || !vtb.Required[person.FieldDepartmentCode] {
		t.Errorf("required %v", vtb.Required)
	}
	if small.Minors || small.Style != roster.StyleNative || !small.ValidUntil.IsZero() || small.Required != nil {
		t.Errorf("what is left out: %+v", small)
	}
}

func TestParseTellsLineBankAndKey(t *testing.T) {
	change := func(old, instead string) string { return strings.Replace(good, old, instead, 1) }
	tests := []struct {
		name, content, want string
	}{
		{"empty", "", "the file is empty"},
		{"only comments", "# nothing\n", "the file is empty"},
		{"not YAML", "version: [", "line 1"},
		{"a list", "- id: vtb\n", "line 1: must be keys with values"},
		{"two documents", good + "---\nversion: 1\n", "a second document begins"},
		{"unknown key above", change("version: 1", "version: 1\nextra: 1"), `line 2: unknown key "extra"; known are version, partners`},
		{"unknown key of a bank", change("minors", "minor"), `line 8: vtb: unknown key "minor"`},
		{"unknown key of limits", change("burst", "bursts"), `line 12: vtb: unknown key "bursts"`},
		{"key twice", change("minors: true", "policy: match/2"), `line 8: vtb: the key "policy" stands there twice`},
		{"bank twice", change("id: bspb", "id: vtb"), "line 16: partners: vtb stands there twice, first on line 3"},
		{"no version", change("version: 1\n", ""), "line 1: version: is missing"},
		{"version of tomorrow", change("version: 1", "version: 2"), "line 1: version: must be 1"},
		{"no banks", "version: 1\n", "line 1: partners: is missing"},
		{"empty list", "version: 1\npartners: []\n", "line 2: partners: must not be empty"},
		{"banks no list", "version: 1\npartners: {vtb: 1}\n", "line 2: partners: must be a list"},
		{"bank no object", "version: 1\npartners: [vtb]\n", "line 2: must be keys with values"},
		{"portal", change("id: vtb", "id: portal"), `line 3: portal: id: must not be "portal"`},
		{"staff", change("id: vtb", "id: compliance"), `line 3: compliance: id: must not be "compliance"`},
		{"upper case", change("id: vtb", "id: VTB"), "line 3: VTB: id: must be 1 to 40 lower-case letters"},
		{"slash", change("id: vtb", "id: vtb/x"), "line 3: vtb/x: id: must be"},
		{"number for id", change("id: vtb", "id: 7"), "line 3: id: must be a text"},
		{"no id", change("id: vtb\n    displayName", "displayName"), "line 3: id: is missing"},
		{"no name", change("    displayName: ВТБ\n", ""), "line 3: vtb: displayName: is missing"},
		{"blank name", change("displayName: ВТБ", "displayName: ' '"), "line 4: vtb: displayName: must not be empty"},
		{"name with a control", change("displayName: ВТБ", `displayName: "В\aТБ"`), "line 4: vtb: displayName: must be at most 100 printable"},
		{"no first day", change("    validFrom: 2026-01-01\n", ""), "line 3: vtb: validFrom: is missing"},
		{"no such day", change("2026-12-31", "2026-02-30"), "line 6: vtb: validUntil: must be a day"},
		{"time for a day", change("2026-12-31", "2026-12-31T00:00:00Z"), "line 6: vtb: validUntil: must be a day"},
		{"ends before it begins", change("2026-12-31", "2025-12-31"), "line 6: vtb: validUntil: must not be before validFrom"},
		{"unknown policy", change("policy: match/1", "policy: match/9"), "line 7: vtb: policy: must be one of: match/1, match/2"},
		{"no policy", change("    policy: match/1\n", ""), "line 3: vtb: policy: is missing"},
		{"odd flag", change("minors: true", "minors: yes please"), "line 8: vtb: minors: must be true or false"},
		{"unknown style", change("style: native", "style: sberbank"), "line 9: vtb: style: must be one of: native, vtb"},
		{"no limits", change("    limits: {requestsPerSecond: 1, burst: 1, concurrentRequests: 1, connections: 1}\n", ""), "line 16: bspb: limits: is missing"},
		{"limits no object", change("{requestsPerSecond: 1, burst: 1, concurrentRequests: 1, connections: 1}", "5"), "line 20: bspb: must be keys with values"},
		{"no rate", change("      requestsPerSecond: 2.5\n", ""), "line 11: vtb: limits.requestsPerSecond: is missing"},
		{"rate zero", change("2.5", "0"), "line 11: vtb: limits.requestsPerSecond: must be a number above 0"},
		{"rate not a number", change("2.5", ".nan"), "line 11: vtb: limits.requestsPerSecond: must be a number above 0"},
		{"rate without end", change("2.5", ".inf"), "line 11: vtb: limits.requestsPerSecond: must be a number above 0"},
		{"burst zero", change("burst: 10", "burst: 0"), "line 12: vtb: limits.burst: must be a whole number from 1"},
		{"burst text", change("burst: 10", "burst: ten"), "line 12: vtb: limits.burst: must be a whole number"},
		{"fraction of a request", change("concurrentRequests: 5", "concurrentRequests: 5.5"), "line 13: vtb: limits.concurrentRequests: must be a whole number"},
		{"too many connections", change("connections: 3", "connections: 10000000"), "line 14: vtb: limits.connections: must be a whole number from 1 to 1000000"},
		{"unknown field", change("[inn,", "[tin,"), `line 15: vtb: required: knows no field "tin"`},
		{"field twice", change("[inn,", "[inn, inn,"), `line 15: vtb: required: names "inn" twice`},
		{"nothing required", change("[inn, passport.departmentCode]", "[]"), "line 15: vtb: required: must not be empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(test.content)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q in it", err, test.want)
			}
		})
	}
}

func TestParseTellsEveryMistake(t *testing.T) {
	_, err := parse(strings.NewReplacer("burst: 10", "burst: 0", "match/1", "match/9", "connections: 3", "connections: x").Replace(good))
	if err == nil {
		t.Fatal("parsed")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 4 {
		t.Errorf("%d mistakes told, want 4:\n%v", len(lines), err)
	}
}

func TestExampleAndDevRosterAreGood(t *testing.T) {
	example, err := os.ReadFile("../../deploy/config/roster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"deploy/config/roster.yaml": example, "dev": roster.Dev()} {
		banks, err := roster.Parse(content, roster.Known{Policies: []string{"match/1"}, Styles: roster.Standard()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var ids []string
		for _, bank := range banks {
			ids = append(ids, string(bank.ID))
		}
		if got := strings.Join(ids, " "); got != "bspb pochtabank sberbank tinkoff vtb" {
			t.Errorf("%s: banks %s", name, got)
		}
	}
}

// What the example shows in comments is good as well, and it is every key that there is.
func TestExampleInCommentsIsGood(t *testing.T) {
	example, err := os.ReadFile("../../deploy/config/roster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Replace(string(example), "    style: native\n", "", 1)
	content = strings.ReplaceAll(content, "\n    #:", "\n    ")
	named := map[string]bool{}
	known := known(t)
	known.Read = func(name string) ([]byte, error) {
		named[name] = true
		if strings.HasSuffix(name, "-ca.pem") {
			return authorityFile(t), nil
		}
		return keySet(t, name), nil
	}
	banks, err := roster.Parse([]byte(content), known)
	if err != nil {
		t.Fatal(err)
	}
	bank := banks[2]
	if bank.ID != "sberbank" || bank.Style != "sberbank" || len(bank.Keys) != 2 || len(named) != 3 {
		t.Errorf("sberbank is %+v, files %v", bank, named)
	}
	e := bank.Endpoint
	if e.URL == "" || e.Authority == nil || e.ServerName == "" || e.Timeout == 0 || e.Concurrent == 0 || e.OrdersPath == "" || e.EventsPath == "" || e.Link == "" {
		t.Errorf("endpoint %+v", e)
	}
}

// Whatever the bytes: a roster is whole and valid, or refused.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add(roster.Dev())
	f.Add([]byte("version: 1\npartners: [{<<: *a}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte(signed))
	known := known(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		banks, err := roster.Parse(content, known)
		if err != nil {
			return
		}
		if len(banks) == 0 {
			t.Fatal("a roster without banks")
		}
		for i, bank := range banks {
			l := bank.Limits
			if bank.ID == "" || bank.ID == "portal" || bank.ID == "compliance" || bank.DisplayName == "" || bank.ValidFrom.IsZero() || bank.Policy == "" ||
				l.RequestsPerSecond <= 0 || l.Burst < 1 || l.ConcurrentRequests < 1 || l.Connections < 1 {
				t.Fatalf("bank %+v", bank)
			}
			if e := bank.Endpoint; !e.IsZero() && (e.Authority == nil || e.ServerName == "" || e.Timeout <= 0 || e.Concurrent < 1) {
				t.Fatalf("endpoint %+v", e)
			}
			if bank.Style == "vtb" && len(bank.Keys) == 0 {
				t.Fatal("a dialect that is signed, and no key")
			}
			if i > 0 && banks[i-1].ID >= bank.ID {
				t.Fatal("banks twice or out of order")
			}
		}
	})
}
