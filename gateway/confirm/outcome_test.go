package confirm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// outcome is one row of the table of everything that can be decided.
type outcome struct {
	account *stored // nil: there is none
	claim   person.Raw
	change  func(*confirm.Request)
	minors  bool

	want          ledger.Outcome
	reasons       []ledger.Reason
	before, after ledger.Level
	method        ledger.Method
	failures      int
	closes        int
}

func in(level ledger.Level, change ...func(*stored)) *stored {
	s := mariasAccount()
	s.level = level
	for _, c := range change {
		c(&s)
	}
	return &s
}

func because(reasons ...ledger.Reason) []ledger.Reason { return reasons }

func outcomes() map[string]outcome {
	const (
		standard, confirmed = ledger.LevelStandard, ledger.LevelConfirmed
		notMatched          = ledger.OutcomeNotMatched
		notEligible         = ledger.OutcomeNotEligible
		closeMatch          = ledger.OutcomeCloseMatch
	)
	table := map[string]outcome{
		"all matches": {account: in(standard), want: ledger.OutcomeConfirmed, before: standard, after: confirmed, method: ledger.MethodBank},
		"all matches, dry": {
			account: in(standard), change: func(r *confirm.Request) { r.DryRun = true },
			want: ledger.OutcomeConfirmed, before: standard, after: standard,
		},
		"confirmed before": {
			account: in(confirmed, func(s *stored) { s.method = ledger.MethodPostalCode }),
			want:    ledger.OutcomeAlreadyConfirmed, before: confirmed, after: confirmed, method: ledger.MethodPostalCode,
		},
		"simplified":      {account: in(ledger.LevelSimplified), want: notEligible, reasons: because(ledger.ReasonLevelTooLow), before: ledger.LevelSimplified, after: ledger.LevelSimplified},
		"registries deny": {account: in(ledger.LevelVerifyFailed), want: notEligible, reasons: because(ledger.ReasonLevelTooLow), before: ledger.LevelVerifyFailed, after: ledger.LevelVerifyFailed},
		"stalled":         {account: in(ledger.LevelStalled), want: notEligible, reasons: because(ledger.ReasonLevelTooLow), before: ledger.LevelStalled, after: ledger.LevelStalled},
		"verifying": {
			account: in(ledger.LevelStandardVerifying, func(s *stored) { s.registryAt = start.Add(-5 * 24 * time.Hour) }),
			want:    notEligible, reasons: because(ledger.ReasonCheckInProgress), before: ledger.LevelStandardVerifying, after: ledger.LevelStandardVerifying,
		},
		"verifying for too long": {
			account: in(ledger.LevelStandardVerifying, func(s *stored) { s.registryAt = start.Add(-5*24*time.Hour - time.Second) }),
			want:    notEligible, reasons: because(ledger.ReasonLevelTooLow), before: ledger.LevelStalled, after: ledger.LevelStalled,
		},
		"locked": {account: in(ledger.LevelLocked), want: notEligible, reasons: because(ledger.ReasonAccountLocked), before: ledger.LevelLocked, after: ledger.LevelLocked},
		"locked, and the phone differs": {
			account: in(ledger.LevelLocked), claim: with(maria(), func(r *person.Raw) { r.MobilePhone = "+79161234568" }),
			want: notEligible, reasons: because(ledger.ReasonPhoneNotBound), before: ledger.LevelLocked, after: ledger.LevelLocked, failures: 1,
		},
		"phone differs": {
			account: in(standard), claim: with(maria(), func(r *person.Raw) { r.MobilePhone = "+79161234568" }),
			want: notEligible, reasons: because(ledger.ReasonPhoneNotBound), before: standard, after: standard, failures: 1,
		},
		"phone not verified": {
			account: in(standard, func(s *stored) { s.unverified = true }),
			want:    notEligible, reasons: because(ledger.ReasonPhoneNotBound), before: standard, after: standard, failures: 1,
		},
		"erased":     {account: in(ledger.LevelErased), want: notMatched, reasons: because(ledger.ReasonNoMatchingAccount), failures: 1},
		"no account": {want: notMatched, reasons: because(ledger.ReasonNoMatchingAccount), failures: 1},
	}
	for name, c := range map[string]struct {
		change func(*person.Raw)
		reason ledger.Reason
	}{
		"birth date differs":     {func(r *person.Raw) { r.BirthDate = "1990-04-22" }, ledger.ReasonNoMatchingAccount},
		"sex differs":            {func(r *person.Raw) { r.Sex = "MALE" }, ledger.ReasonNoMatchingAccount},
		"passport differs":       {func(r *person.Raw) { r.Passport.Number = "123457" }, ledger.ReasonNoMatchingAccount},
		"name differs":           {func(r *person.Raw) { r.FamilyName = "Иванова" }, ledger.ReasonNameDiffers},
		"document differs":       {func(r *person.Raw) { r.Passport.IssueDate, r.Passport.DepartmentCode = "2010-05-13", "770-101" }, ledger.ReasonDocumentDiffers},
		"taxpayer number differ": {func(r *person.Raw) { r.INN = "123456789047" }, ledger.ReasonINNDiffers},
	} {
		table[name] = outcome{account: in(standard), claim: with(maria(), c.change), want: notMatched, reasons: because(c.reason), failures: 1}
	}
	for name, c := range map[string]struct {
		change func(*person.Raw)
		reason ledger.Reason
	}{
		"name close":     {func(r *person.Raw) { r.FamilyName = "Кузнецоваа" }, ledger.ReasonNameClose},
		"document close": {func(r *person.Raw) { r.Passport.DepartmentCode = "770-101" }, ledger.ReasonDocumentClose},
		"older passport": {func(r *person.Raw) { r.Passport.Series, r.Passport.Number = "4504", "654321" }, ledger.ReasonPreviousPassport},
	} {
		account := in(standard, func(s *stored) {
			s.previous = []person.RawPassport{{Series: "4504", Number: "654321", IssueDate: "2010-05-12", DepartmentCode: "770-100"}}
		})
		table[name] = outcome{account: account, claim: with(maria(), c.change), want: closeMatch, reasons: because(c.reason), closes: 1}
	}
	for name, c := range map[string]struct {
		change  func(*confirm.Request)
		reasons []ledger.Reason
	}{
		"no consent":             {func(r *confirm.Request) { r.Consent = confirm.Consent{} }, because(ledger.ReasonConsentMissing)},
		"bank account closed":    {func(r *confirm.Request) { r.BankAccount.Active = false }, because(ledger.ReasonBankAccountInactive)},
		"phone not the bank's":   {func(r *confirm.Request) { r.BankAccount.PhoneBound = false }, because(ledger.ReasonPhoneNotBound)},
		"authentication is 300s": {func(r *confirm.Request) { r.Authentication.At = start.Add(-300 * time.Second) }, because(ledger.ReasonAuthenticationStale)},
		"everything at once": {func(r *confirm.Request) {
			r.Consent, r.BankAccount, r.Authentication.At = confirm.Consent{}, confirm.BankAccount{}, start.Add(-time.Hour)
		}, because(ledger.ReasonConsentMissing, ledger.ReasonBankAccountInactive, ledger.ReasonPhoneNotBound, ledger.ReasonAuthenticationStale)},
	} {
		table[name] = outcome{account: in(standard), change: c.change, want: notEligible, reasons: c.reasons}
	}
	table["authentication is almost 300s"] = outcome{
		account: in(standard), change: func(r *confirm.Request) { r.Authentication.At = start.Add(-300*time.Second + time.Microsecond) },
		want: ledger.OutcomeConfirmed, before: standard, after: confirmed, method: ledger.MethodBank,
	}
	addAges(table)
	return table
}

// addAges adds what depends on the age of the person and of the passport.
func addAges(table map[string]outcome) {
	aged := func(birth, issued string) person.Raw {
		return with(maria(), func(r *person.Raw) { r.BirthDate, r.Passport.IssueDate = birth, issued })
	}
	for name, c := range map[string]struct {
		claim  person.Raw
		minors bool
		reason ledger.Reason
	}{
		"13 years":             {aged("2012-11-23", "2026-11-20"), true, ledger.ReasonMinorUnder14},
		"17 years":             {aged("2008-11-23", "2022-12-01"), false, ledger.ReasonMinorPolicy},
		"passport at 20":       {aged("2006-08-01", "2020-09-01"), false, ledger.ReasonPassportExpired},
		"passport from before": {aged("2006-11-10", "2020-11-09"), false, ledger.ReasonIssuedBefore14},
	} {
		account := in(ledger.LevelStandard)
		account.owner = c.claim
		row := outcome{account: account, claim: c.claim, minors: c.minors, want: ledger.OutcomeNotEligible, reasons: because(c.reason)}
		table[name] = row
	}
	young := aged("2008-11-23", "2022-12-01")
	account := in(ledger.LevelStandard)
	account.owner = young
	table["17 years, admitted"] = outcome{
		account: account, claim: young, minors: true, want: ledger.OutcomeConfirmed,
		before: ledger.LevelStandard, after: ledger.LevelConfirmed, method: ledger.MethodBank,
	}
}

func TestOutcomes(t *testing.T) {
	seen := map[ledger.Reason]bool{}
	for name, c := range outcomes() {
		for _, reason := range c.reasons {
			seen[reason] = true
		}
		t.Run(name, func(t *testing.T) { checkOutcome(t, newBench(t), c) })
	}
	for _, reason := range reasonsOfLedger(t) {
		if !seen[reason] && reason != ledger.ReasonSourceUnavailable { // comes with the pulls of the banks
			t.Errorf("no case gives %s", reason)
		}
	}
}

func checkOutcome(t *testing.T, b *bench, c outcome) {
	t.Helper()
	var id ledger.AccountID
	var held ledger.Account
	if c.account != nil {
		id = b.put(*c.account)
		held = b.account(id)
	}
	if c.claim.SNILS == "" {
		c.claim = maria()
	}
	if c.change == nil {
		c.change = func(*confirm.Request) {}
	}
	who := bank("sberbank")
	who.Partner.Minors = c.minors
	r := b.ask(c.claim, c.change)
	d := b.must(who, r)
	e := d.Entry

	if e.Outcome != c.want || !slices.Equal(e.Reasons, c.reasons) {
		t.Fatalf("outcome %v %v, want %v %v", e.Outcome, e.Reasons, c.want, c.reasons)
	}
	if e.Before != c.before || e.After != c.after || e.Method != c.method {
		t.Errorf("levels %v to %v by %v, want %v to %v by %v", e.Before, e.After, e.Method, c.before, c.after, c.method)
	}
	if failures, closes := b.counted("sberbank"); failures != c.failures || closes != c.closes {
		t.Errorf("%d failures and %d close matches counted, want %d and %d", failures, closes, c.failures, c.closes)
	}
	if all, _ := b.counted(""); all != c.failures {
		t.Errorf("%d failures counted over all, want %d", all, c.failures)
	}
	if list := b.entries(); len(list) != 1 || list[0].ID != e.ID || list[0].Outcome != e.Outcome {
		t.Errorf("the ledger holds %+v", list)
	}
	checkEntry(t, e, r)
	if c.account != nil {
		checkAccount(t, held, b.account(id), e, c.want == ledger.OutcomeConfirmed && !r.DryRun)
	}
	again := b.must(who, r)
	if !again.Replayed || again.Entry.ID != e.ID || again.Entry.Outcome != e.Outcome || !slices.Equal(again.Entry.Reasons, e.Reasons) {
		t.Errorf("the repeat gives %+v", again)
	}
	if d.Replayed {
		t.Error("the first answer says that it is a repeat")
	}
}

func checkEntry(t *testing.T, e ledger.Entry, r confirm.Request) {
	t.Helper()
	if e.Kind != ledger.KindConfirmation || e.Partner != "sberbank" || e.Policy != "match/1" || e.Style != "native" || e.Serial != "0af3" {
		t.Errorf("the entry does not say who asked how: %+v", e)
	}
	if !e.DecidedAt.Equal(start) || !e.AuthedAt.Equal(r.Authentication.At) || e.Means != r.Authentication.Means || e.DryRun != r.DryRun {
		t.Errorf("the entry does not say when and how: %+v", e)
	}
	if e.Encoding != ledger.EncodingVersion || e.ID[6]>>4 != 8 {
		t.Errorf("encoding %d, id %v", e.Encoding, e.ID)
	}
}

func checkAccount(t *testing.T, before, after ledger.Account, e ledger.Entry, raised bool) {
	t.Helper()
	if !raised {
		if after.Version != before.Version || after.Level != before.Level || after.Method != before.Method {
			t.Errorf("the account changed: %+v", after)
		}
		return
	}
	if after.Level != ledger.LevelConfirmed || after.Method != ledger.MethodBank || after.ConfirmedBy != "sberbank" ||
		after.Confirmation != e.ID || !after.ConfirmedAt.Equal(start) || after.Version != before.Version+1 || !after.UpdatedAt.Equal(start) {
		t.Errorf("the account is not raised: %+v", after)
	}
}

// reasonsOfLedger reads the constants.
func reasonsOfLedger(t *testing.T) []ledger.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../ledger/outcome.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []ledger.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typed, ok := spec.Type.(*ast.Ident); ok && typed.Name == "Reason" {
			literal, _ := spec.Values[0].(*ast.BasicLit)
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, ledger.Reason(text))
		}
		return true
	})
	if len(reasons) < 15 {
		t.Fatalf("only %d reasons found", len(reasons))
	}
	return reasons
}
