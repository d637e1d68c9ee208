package portal_test

import (
	"slices"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

func TestPutCreatesReplacesAndLeavesAlone(t *testing.T) {
	b := newBench(t)
	first := b.must(b.standard(1))
	a := first.Account
	if first.Result != portal.Created || a.Version != 1 || a.Level != ledger.LevelStandard || !a.CreatedAt.Equal(start) || !a.UpdatedAt.Equal(start) ||
		a.Registry != ledger.RegistryVerified || !a.RegistryAt.Equal(start) {
		t.Errorf("created %+v", first)
	}
	if a.SNILS != b.ring.SNILS("11223344595") || a.INN != b.ring.INN("500100732259") || a.Phone != b.ring.Phone("+79161234567") {
		t.Error("the indexes are not those of the profile")
	}
	b.pass(time.Hour)
	same := b.must(b.standard(1))
	if same.Result != portal.Unchanged || same.Account.Version != 1 || !b.account(1).UpdatedAt.Equal(start) {
		t.Errorf("the same put again: %+v", same)
	}
	other := b.must(b.standard(1, func(r *portal.RawProfile) { r.Person.Email = "other@example.org" }))
	if other.Result != portal.Updated || other.Account.Version != 2 || !other.Account.CreatedAt.Equal(start) || !other.Account.UpdatedAt.Equal(start.Add(time.Hour)) {
		t.Errorf("another e-mail: %+v", other)
	}
	if got := b.account(1); got.Version != 2 || got.Digest != other.Account.Digest {
		t.Errorf("stored %+v", got)
	}
}

func TestCommitmentsOutliveAPut(t *testing.T) {
	b := newBench(t)
	before := b.must(b.standard(1)).Account
	b.must(b.standard(1, func(r *portal.RawProfile) { r.Person.Email = "other@example.org" }))
	after := b.account(1)
	commit := func(a ledger.Account) [16]byte {
		t.Helper()
		c, err := b.ring.Commit(a.ID, a.Profile, ledger.EntryID{1}, ledger.GroupSNILS, []byte("11223344595"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if commit(before) != commit(after) {
		t.Error("a put changes what the entries of the account are committed under")
	}
	if got, err := b.ring.OpenProfile(after.ID, after.Profile); err != nil || got.Email.String() == "" || slices.Equal(before.Profile.Box, after.Profile.Box) {
		t.Errorf("the account does not hold what was put: %v", err)
	}
}

func TestEveryChangeIsSeen(t *testing.T) {
	for name, change := range map[string]func(*portal.RawProfile){
		"family name": func(r *portal.RawProfile) { r.Person.FamilyName = "Иванова" },
		"its case":    func(r *portal.RawProfile) { r.Person.FamilyName = "КУЗНЕЦОВА" },
		"passport":    func(r *portal.RawProfile) { r.Person.Passport.Number = "123457" },
		"issuer":      func(r *portal.RawProfile) { r.Person.Passport.Issuer = "УВД" },
		"snils":       func(r *portal.RawProfile) { r.Person.SNILS = "087-654-303 00" },
		"verified":    func(r *portal.RawProfile) { r.PhoneVerified = false },
		"mail":        func(r *portal.RawProfile) { r.EmailVerified = true },
		"previous":    func(r *portal.RawProfile) { r.Previous = []person.RawPassport{{Series: "4504", Number: "654321"}} },
	} {
		b := newBench(t)
		b.must(b.standard(1))
		if s := b.must(b.standard(1, change)); s.Result != portal.Updated || s.Account.Version != 2 {
			t.Errorf("%s: %v, version %d", name, s.Result, s.Account.Version)
		}
	}
	for name, change := range map[string]func(*portal.Put){
		"registry":      func(p *portal.Put) { p.Registry = ledger.RegistryPending },
		"registry time": func(p *portal.Put) { p.RegistryAt = start.Add(time.Microsecond) },
		"no time":       func(p *portal.Put) { p.RegistryAt = time.Time{} },
		"level":         func(p *portal.Put) { p.Level, p.Method = ledger.LevelConfirmed, ledger.MethodServiceCentre },
	} {
		b := newBench(t)
		p := b.standard(1)
		b.must(p)
		change(&p)
		if s := b.must(p); s.Result != portal.Updated || s.Account.Version != 2 {
			t.Errorf("%s: %v, version %d", name, s.Result, s.Account.Version)
		}
	}
}

func TestUnchangedIsSeenAfterTheRequestKeyWasRotated(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	rotated, _, err := b.ring.Rotate(seal.Request)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = b.service(b.store, rotated)
	if s := b.must(b.standard(1)); s.Result != portal.Unchanged {
		t.Errorf("result %v", s.Result)
	}
}

func TestLevels(t *testing.T) {
	const (
		none, simplified, verifying = ledger.LevelNone, ledger.LevelSimplified, ledger.LevelStandardVerifying
		standard, confirmed, locked = ledger.LevelStandard, ledger.LevelConfirmed, ledger.LevelLocked
	)
	for name, c := range map[string]struct {
		held  ledger.Level // none: there is no account
		asked ledger.Level
		allow bool
		want  ledger.Level // none: it would fall
	}{
		"new, not told":              {none, none, false, simplified},
		"new, told":                  {none, standard, false, standard},
		"new, confirmed":             {none, confirmed, false, confirmed},
		"new, locked":                {none, locked, false, locked},
		"not told stays":             {standard, none, false, standard},
		"not told stays confirmed":   {confirmed, none, false, confirmed},
		"rises":                      {simplified, standard, false, standard},
		"rises by two":               {verifying, confirmed, false, confirmed},
		"falls":                      {standard, simplified, false, none},
		"falls from confirmed":       {confirmed, standard, false, none},
		"leaving the ladder falls":   {standard, locked, false, none},
		"may fall":                   {confirmed, standard, true, standard},
		"may be locked":              {confirmed, locked, true, locked},
		"comes back from a lock":     {locked, standard, false, standard},
		"failed to verifying":        {ledger.LevelVerifyFailed, verifying, false, verifying},
		"verifying to failed":        {verifying, ledger.LevelVerifyFailed, false, none},
		"may fail":                   {verifying, ledger.LevelVerifyFailed, true, ledger.LevelVerifyFailed},
		"may, but does not fall":     {standard, confirmed, true, confirmed},
		"the same with leave to":     {standard, standard, true, standard},
		"simplified from a lock":     {locked, simplified, false, simplified},
		"stalled is a side state":    {ledger.LevelStalled, standard, false, standard},
		"verifying to stalled falls": {verifying, ledger.LevelStalled, false, none},
	} {
		b := newBench(t)
		put := func(level ledger.Level, allow bool) portal.Put {
			p := b.standard(1)
			p.Level, p.AllowDecrease = level, allow
			if level == confirmed {
				p.Method = ledger.MethodPostalCode
			}
			return p
		}
		if c.held != none {
			b.must(put(c.held, false))
		}
		if c.want == none {
			if f := b.fails(put(c.asked, c.allow), fault.LevelWouldFall); f.Kind != fault.Precondition {
				t.Errorf("%s: kind %v", name, f.Kind)
			}
			if a := b.account(1); a.Level != c.held || a.Version != 1 {
				t.Errorf("%s: the refused put left %+v", name, a)
			}
			continue
		}
		if s := b.must(put(c.asked, c.allow)); s.Account.Level != c.want || b.account(1).Level != c.want || s.LevelKept {
			t.Errorf("%s: level %v, want %v", name, s.Account.Level, c.want)
		}
	}
}

func TestConfirmationsStayNamedAndGoWithTheLevel(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	b.change(1, confirmedByBank)
	p := b.standard(1, func(r *portal.RawProfile) { r.Person.Email = "" })
	p.Level, p.Method = ledger.LevelConfirmed, ledger.MethodBank
	if a := b.must(p).Account; a.ConfirmedBy != "vtb" || a.Confirmation != (ledger.EntryID{7}) || !a.ConfirmedAt.Equal(start) {
		t.Errorf("put as it was, it is confirmed by %q, %v", a.ConfirmedBy, a.Confirmation)
	}
	p.Level, p.Method = ledger.LevelNone, ledger.MethodNone
	if a := b.must(p).Account; a.ConfirmedBy != "vtb" || a.Method != ledger.MethodBank {
		t.Errorf("put with no level told, it is confirmed by %q", a.ConfirmedBy)
	}
	b.pass(time.Hour)
	p.Level, p.Method = ledger.LevelConfirmed, ledger.MethodServiceCentre
	if a := b.must(p).Account; a.ConfirmedBy != ledger.PortalID || a.Method != ledger.MethodServiceCentre || !a.Confirmation.IsZero() || !a.ConfirmedAt.Equal(start.Add(time.Hour)) {
		t.Errorf("put with another method, it is %+v", a)
	}
	p.Level, p.Method, p.AllowDecrease = ledger.LevelStandard, ledger.MethodNone, true
	if a := b.must(p).Account; a.ConfirmedBy != "" || a.Method != ledger.MethodNone || !a.ConfirmedAt.IsZero() {
		t.Errorf("after the fall it is %+v", a)
	}
}

func TestPutRefuses(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		change func(*portal.Put)
		fields []string
	}{
		"no id":                      {func(p *portal.Put) { p.ID = ledger.AccountID{} }, []string{"id"}},
		"erased":                     {func(p *portal.Put) { p.Level = ledger.LevelErased }, []string{"level"}},
		"confirmed without a method": {func(p *portal.Put) { p.Level = ledger.LevelConfirmed }, []string{"method"}},
		"method without confirmed":   {func(p *portal.Put) { p.Method = ledger.MethodPostalCode }, []string{"method"}},
		"method without a level":     {func(p *portal.Put) { p.Level, p.Method = ledger.LevelNone, ledger.MethodBank }, []string{"method"}},
		"negative version":           {func(p *portal.Put) { p.ExpectedVersion = -1 }, []string{"expectedVersion"}},
	} {
		p := b.standard(1)
		c.change(&p)
		if f := b.fails(p, fault.FieldFormat); !slices.Equal(fields(f), c.fields) {
			t.Errorf("%s: fields %v, want %v", name, fields(f), c.fields)
		}
	}
	p := b.standard(1)
	p.Level = 99
	b.fails(p, fault.Defect)
}

func TestWhatALevelRequires(t *testing.T) {
	bare := func(r *portal.RawProfile) {
		r.Person = person.Raw{FamilyName: "Ли", GivenName: "Ян"}
		r.PhoneVerified = false
	}
	identity := []string{
		"profile.person.birthDate", "profile.person.sex", "profile.person.passport.number", "profile.person.passport.series",
		"profile.person.passport.issueDate", "profile.person.snils",
	}
	for name, c := range map[string]struct {
		level  ledger.Level
		change func(*portal.RawProfile)
		lacks  []string
	}{
		"simplified without contact": {ledger.LevelSimplified, bare, []string{"profile.person.mobilePhone"}},
		"simplified with a phone":    {ledger.LevelSimplified, func(r *portal.RawProfile) { bare(r); r.Person.MobilePhone = "+79161234567" }, nil},
		"simplified with e-mail":     {ledger.LevelSimplified, func(r *portal.RawProfile) { bare(r); r.Person.Email = "a@example.org" }, nil},
		"locked":                     {ledger.LevelLocked, bare, nil},
		"verifying":                  {ledger.LevelStandardVerifying, bare, identity},
		"standard":                   {ledger.LevelStandard, bare, identity},
		"stalled":                    {ledger.LevelStalled, bare, identity},
		"failed":                     {ledger.LevelVerifyFailed, bare, identity},
		"confirmed":                  {ledger.LevelConfirmed, bare, identity},
		"standard without SNILS":     {ledger.LevelStandard, func(r *portal.RawProfile) { r.Person.SNILS = "" }, []string{"profile.person.snils"}},
		"foreign, only the number": {ledger.LevelStandard, func(r *portal.RawProfile) {
			r.Person.Citizenship, r.Person.Passport = "KAZ", person.RawPassport{Number: "N1234567"}
		}, nil},
		"foreign, no passport": {ledger.LevelStandard, func(r *portal.RawProfile) {
			r.Person.Citizenship, r.Person.Passport = "KAZ", person.RawPassport{}
		}, []string{"profile.person.passport.number"}},
	} {
		b := newBench(t)
		p := portal.Put{ID: id(1), Level: c.level, Profile: b.profile(raw(c.change))}
		if c.level == ledger.LevelConfirmed {
			p.Method = ledger.MethodServiceCentre
		}
		if c.lacks == nil {
			b.must(p)
			continue
		}
		if f := b.fails(p, fault.FieldFormat); !slices.Equal(fields(f), c.lacks) {
			t.Errorf("%s: lacks %v, want %v", name, fields(f), c.lacks)
		}
	}
	b := newBench(t) // and what the level in force requires, when none is told
	b.must(b.standard(1))
	p := b.standard(1, func(r *portal.RawProfile) { r.Person.SNILS = "" })
	p.Level = ledger.LevelNone
	b.fails(p, fault.FieldFormat)
}

func TestParseProfileNamesEveryFieldAtFault(t *testing.T) {
	b := newBench(t)
	_, err := b.ParseProfile(raw(func(r *portal.RawProfile) {
		r.Person.FamilyName, r.Person.SNILS, r.Person.Email, r.EmailVerified = "", "112-233-445 96", "", true
		r.Previous = []person.RawPassport{{Series: "4504", Number: "654321"}, {Series: "45", Number: ""}}
	}))
	want := []string{
		"profile.person.familyName", "profile.person.snils", "profile.emailVerified", "profile.previousPassports[1].series",
		"profile.previousPassports[1].number",
	}
	if f := fault.Of(err); !slices.Equal(fields(*f), want) {
		t.Errorf("fields %v, want %v", fields(*f), want)
	}
	_, err = b.ParseProfile(raw(func(r *portal.RawProfile) { r.Previous = make([]person.RawPassport, 11) }))
	if f := fault.Of(err); !slices.Equal(fields(*f), []string{"profile.previousPassports"}) {
		t.Errorf("fields %v", fields(*f))
	}
	_, err = b.ParseProfile(raw(func(r *portal.RawProfile) { r.Person.MobilePhone = "" }))
	if f := fault.Of(err); !slices.Equal(fields(*f), []string{"profile.phoneVerified"}) {
		t.Errorf("fields %v", fields(*f))
	}
}

func TestExpectedVersion(t *testing.T) {
	b := newBench(t)
	p := b.standard(1)
	p.ExpectedVersion = 1
	if f := b.fails(p, fault.VersionConflict); f.Kind != fault.Precondition {
		t.Errorf("kind %v", f.Kind)
	}
	b.must(b.standard(1))
	b.must(p) // changes nothing
	p.Profile = b.profile(raw(func(r *portal.RawProfile) { r.Person.Email = "" }))
	b.must(p)
	b.fails(p, fault.VersionConflict)
}

func TestDuplicates(t *testing.T) {
	elsewhere := func(r *portal.RawProfile) { r.Person.SNILS, r.Person.MobilePhone = "087-654-303 00", "+79161234568" }
	b := newBench(t)
	b.must(b.standard(1))
	b.must(b.standard(2, elsewhere))
	if f := b.fails(b.standard(3, func(r *portal.RawProfile) { r.Person.MobilePhone = "+79161234569" }), fault.DuplicateSNILS); f.Kind != fault.AlreadyExists {
		t.Errorf("kind %v", f.Kind)
	}
	b.fails(b.standard(3, func(r *portal.RawProfile) { r.Person.SNILS = "123-456-789 64" }), fault.DuplicatePhone)
	b.fails(b.standard(2), fault.DuplicateSNILS)
	b.must(b.standard(3, func(r *portal.RawProfile) { r.Person.SNILS, r.PhoneVerified = "123-456-789 64", false }))
	if !b.account(3).Phone.IsZero() {
		t.Error("a phone that is not verified has an index")
	}
	b.must(b.standard(1, func(r *portal.RawProfile) { r.Person.SNILS = "086-754-303 00" })) // gives its SNILS up
	b.must(b.standard(2, func(r *portal.RawProfile) { elsewhere(r); r.Person.SNILS = "112-233-445 95" }))
}

func TestErasedAccountsAreNeverTouched(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	b.change(1, func(a *ledger.Account) {
		a.Level, a.Profile, a.SNILS = ledger.LevelErased, ledger.Sealed{}, ledger.Index{}
	})
	p := b.standard(1)
	p.AllowDecrease = true
	b.fails(p, fault.AccountNotFound)
	if a := b.account(1); a.Level != ledger.LevelErased || len(a.Profile.Box) != 0 {
		t.Errorf("the account is %+v", a)
	}
}

func TestPutWithoutALedger(t *testing.T) {
	b := newBench(t)
	b.store.Fault = func(ledger.Writes) error { return ledger.ErrUnavailable }
	b.fails(b.standard(1), fault.LedgerUnavailable)
}
