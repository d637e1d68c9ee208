package scenario_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
	"github.com/poruka/poruka/partners/sandbox/scenario"
)

var noon = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func population(t testing.TB) *people.Population {
	t.Helper()
	p, err := people.New(people.Config{Seed: 11, Today: person.DateOf(noon.In(partners.Moscow()))})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestExpectationsAgreeWithTheRules holds what is expected against the policy that decides: two readings of one rule book.
func TestExpectationsAgreeWithTheRules(t *testing.T) {
	const count = 700
	today := person.DateOf(noon.In(partners.Moscow()))
	for _, minors := range []bool{false, true} {
		policy, _ := match.ByID(match.V1)
		policy.Minors = minors
		c := scenario.Config{Now: noon, Minors: minors}
		made := map[scenario.Kind]int{}
		seen := map[string]int{}
		for i, account := range population(t).Range(0, count) {
			held, _, err := person.Parse(account.Person, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			profile := person.Profile{Person: held, PhoneVerified: account.PhoneVerified, Previous: papers(t, account.Previous, today)}
			for _, s := range c.All(account) {
				made[s.Kind]++
				seen[s.Outcome+" "+strings.Join(s.Reasons, " ")]++
				outcome, reasons := decide(t, policy, s, account, profile, today)
				if outcome != s.Outcome || !slices.Equal(reasons, s.Reasons) {
					t.Errorf("account %d, %s, %s: expected %s %v, the rules say %s %v", i, account.Level, s.Kind, s.Outcome, s.Reasons, outcome, reasons)
				}
			}
		}
		for _, kind := range scenario.Kinds() {
			if made[kind] < count/50 {
				t.Errorf("%s was made of %d accounts of %d", kind, made[kind], count)
			}
		}
		for _, want := range []string{
			"CONFIRMED ", "ALREADY_CONFIRMED ", "CLOSE_MATCH NAME_CLOSE", "CLOSE_MATCH DOCUMENT_CLOSE", "CLOSE_MATCH PREVIOUS_PASSPORT",
			"NOT_MATCHED NO_MATCHING_ACCOUNT", "NOT_MATCHED NAME_DIFFERS", "NOT_MATCHED DOCUMENT_DIFFERS", "NOT_MATCHED INN_DIFFERS",
			"NOT_ELIGIBLE LEVEL_TOO_LOW", "NOT_ELIGIBLE CHECK_IN_PROGRESS", "NOT_ELIGIBLE ACCOUNT_LOCKED", "NOT_ELIGIBLE PASSPORT_EXPIRED",
			"NOT_ELIGIBLE PHONE_NOT_BOUND", "NOT_ELIGIBLE BANK_ACCOUNT_INACTIVE", "NOT_ELIGIBLE AUTHENTICATION_STALE",
			"NOT_ELIGIBLE CONSENT_MISSING", "NOT_ELIGIBLE MINOR_UNDER_14",
		} {
			if seen[want] == 0 {
				t.Errorf("minors %v: no scenario expects %s", minors, want)
			}
		}
		if (seen["NOT_ELIGIBLE MINOR_POLICY"] == 0) != minors {
			t.Errorf("minors %v: MINOR_POLICY is expected %d times", minors, seen["NOT_ELIGIBLE MINOR_POLICY"])
		}
	}
}

func papers(t *testing.T, raw []person.RawPassport, today person.Date) (papers []person.Passport) {
	t.Helper()
	for _, one := range raw {
		holder, _, err := person.Parse(person.Raw{FamilyName: "А", GivenName: "Б", Passport: one}, nil, today)
		if err != nil {
			t.Fatal(err)
		}
		papers = append(papers, holder.Passport)
	}
	return papers
}

// decide does what a gateway does, in the same order.
func decide(t *testing.T, policy match.Policy, s scenario.Scenario, a people.Account, held person.Profile, today person.Date) (string, []string) {
	t.Helper()
	claimed, _, err := person.Parse(s.Claim.Person, person.RequiredOfBank(), today)
	if err != nil {
		t.Fatalf("%s: malformed claim: %v", s.Kind, err)
	}
	var reasons []string
	for reason, bad := range map[string]bool{
		"CONSENT_MISSING": !s.Claim.ConsentGiven, "BANK_ACCOUNT_INACTIVE": !s.Claim.AccountActive,
		"PHONE_NOT_BOUND": !s.Claim.PhoneBound, "AUTHENTICATION_STALE": noon.Sub(s.Claim.AuthenticatedAt) >= 5*time.Minute,
	} {
		if bad {
			reasons = append(reasons, reason)
		}
	}
	reasons = append(reasons, names(policy.Admit(claimed, today))...)
	if len(reasons) > 0 {
		return "NOT_ELIGIBLE", reasons
	}
	if claimed.SNILS != held.SNILS {
		return "NOT_MATCHED", []string{"NO_MATCHING_ACCOUNT"}
	}
	result := policy.Compare(claimed, held)
	level, _ := ledger.ParseLevel(a.Level)
	level = ledger.Account{Level: level, RegistryAt: a.RegistryTime}.LevelAt(noon)
	switch {
	case result.Outcome != ledger.OutcomeConfirmed:
		return result.Outcome.String(), names(result.Reasons)
	case !result.PhoneBound:
		return "NOT_ELIGIBLE", []string{"PHONE_NOT_BOUND"}
	case level == ledger.LevelLocked:
		return "NOT_ELIGIBLE", []string{"ACCOUNT_LOCKED"}
	case level == ledger.LevelConfirmed:
		return "ALREADY_CONFIRMED", nil
	case level == ledger.LevelStandardVerifying:
		return "NOT_ELIGIBLE", []string{"CHECK_IN_PROGRESS"}
	case level != ledger.LevelStandard:
		return "NOT_ELIGIBLE", []string{"LEVEL_TOO_LOW"}
	default:
		return "CONFIRMED", nil
	}
}

func names(reasons []ledger.Reason) (names []string) {
	for _, reason := range reasons {
		names = append(names, string(reason))
	}
	return names
}

// Each kind changes what it says and nothing else.
func TestChangesAreSingle(t *testing.T) {
	c := scenario.Config{Now: noon}
	for _, account := range population(t).Range(0, 500) {
		truth, ok := c.Make(scenario.Truth, account)
		if !ok {
			continue
		}
		for _, s := range c.All(account) {
			a, b := fields(truth.Claim), fields(s.Claim)
			changed := 0
			for i := range a {
				if a[i] != b[i] {
					changed++
				}
			}
			most := 1
			switch s.Kind {
			case scenario.Truth:
				most = 0
			case scenario.WrittenOtherwise:
				most = len(a)
			case scenario.TwoTypos, scenario.SwappedNames, scenario.OtherDateAndOffice:
				most = 2
			case scenario.PreviousPassport:
				most = 3
			default:
			}
			if changed > most || changed == 0 && most > 0 {
				t.Fatalf("%s changes %d fields", s.Kind, changed)
			}
		}
	}
}

func fields(c scenario.Claim) []string {
	p := c.Person
	flags := []string{"-", "-", "-", "-"}
	for i, flag := range []bool{c.AccountActive, c.PhoneBound, c.ConsentGiven, c.DryRun} {
		if flag {
			flags[i] = "+"
		}
	}
	return append(flags, c.Means, c.AuthenticatedAt.String(), c.ConsentAt.String(), p.FamilyName, p.GivenName, p.MiddleName, p.BirthDate,
		p.Sex, p.Citizenship, p.SNILS, p.INN, p.MobilePhone, p.Email, p.Passport.Series, p.Passport.Number, p.Passport.IssueDate,
		p.Passport.DepartmentCode, p.Passport.Issuer)
}

func TestUnknownSNILSIsNobodys(t *testing.T) {
	c := scenario.Config{Now: noon}
	for _, account := range population(t).Range(0, 300) {
		s, ok := c.Make(scenario.UnknownSNILS, account)
		if ok && !strings.HasPrefix(s.Claim.Person.SNILS, "999-") {
			t.Fatal("the SNILS may be somebody's")
		}
	}
}

func TestNothingIsClaimedOfBareAccounts(t *testing.T) {
	c := scenario.Config{Now: noon}
	bare := 0
	for _, account := range population(t).Range(0, 1000) {
		if account.Person.SNILS == "" {
			bare++
			if all := c.All(account); all != nil {
				t.Fatal("a claim about an account without SNILS")
			}
		}
	}
	if bare == 0 {
		t.Error("no bare account among the first 1,000")
	}
	if _, ok := c.Make("no such kind", population(t).Account(0)); ok {
		t.Error("an unknown kind was made")
	}
}
