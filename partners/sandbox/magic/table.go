package magic

import "github.com/poruka/poruka/ledger/person"

// row is a person as a difference to the model.
type row struct {
	number  string // SNILS, 11 digits
	outcome string
	reason  string // or, without an outcome, the fault
	claim   func(*person.Raw)
	held    func(*Account) // differs from the claim in this
	none    bool           // the portal holds nothing
	pulled  bool
	why     string
}

// table is ordered by number. A row never changes its meaning: banks have built it into their tests.
var table = []row{
	{number: "00099900100", outcome: "CONFIRMED", why: "everything matches a STANDARD account"},
	{number: "00099900200", outcome: "ALREADY_CONFIRMED", held: confirmed, why: "a service centre has confirmed the account"},

	{number: "00099901100", outcome: "CLOSE_MATCH", reason: "NAME_CLOSE", held: familyName("Обрасцова"), why: "a typing error in the family name"},
	{number: "00099901200", outcome: "CLOSE_MATCH", reason: "DOCUMENT_CLOSE", held: departmentCode, why: "another department code"},
	{number: "00099901300", outcome: "CLOSE_MATCH", reason: "PREVIOUS_PASSPORT", held: newPassport, why: "the portal has a newer passport"},

	{number: "00099902100", outcome: "NOT_MATCHED", reason: "NO_MATCHING_ACCOUNT", none: true, why: "nobody has this SNILS"},
	{number: "00099902200", outcome: "NOT_MATCHED", reason: "NO_MATCHING_ACCOUNT", held: otherPassport, why: "another passport, and not a former one"},
	{number: "00099902300", outcome: "NOT_MATCHED", reason: "NAME_DIFFERS", held: familyName("Иванова"), why: "another family name"},
	{number: "00099902400", outcome: "NOT_MATCHED", reason: "DOCUMENT_DIFFERS", held: issue, why: "another issue date and department code"},
	{number: "00099902500", outcome: "NOT_MATCHED", reason: "INN_DIFFERS", held: inn, why: "another INN"},

	{number: "00099903100", outcome: "NOT_ELIGIBLE", reason: "LEVEL_TOO_LOW", held: level("SIMPLIFIED", "NONE"), why: "the account is a SIMPLIFIED one"},
	{number: "00099903200", outcome: "NOT_ELIGIBLE", reason: "CHECK_IN_PROGRESS", held: level("STANDARD_VERIFYING", "PENDING"), why: "the registries have not answered yet"},
	{number: "00099903300", outcome: "NOT_ELIGIBLE", reason: "ACCOUNT_LOCKED", held: level("LOCKED", "VERIFIED"), why: "the portal has locked the account"},
	{number: "00099903400", outcome: "NOT_ELIGIBLE", reason: "PHONE_NOT_BOUND", held: phone, why: "another phone"},
	{number: "00099903500", outcome: "NOT_ELIGIBLE", reason: "PASSPORT_EXPIRED", claim: expired, why: "the passport had to be replaced at 45"},
	{number: "00099903600", outcome: "NOT_ELIGIBLE", reason: "ISSUED_BEFORE_14", claim: issuedEarly, why: "the passport was issued at 13"},
	{number: "00099903700", outcome: "NOT_ELIGIBLE", reason: "MINOR_POLICY", claim: aged15, why: "15 years old; here no bank may confirm minors, whatever its agreement"},
	{number: "00099903800", outcome: "NOT_ELIGIBLE", reason: "MINOR_UNDER_14", claim: aged11, why: "11 years old"},

	{number: "00099904100", outcome: "NOT_CHECKED", reason: "SOURCE_UNAVAILABLE", pulled: true, why: "the bank fails whenever the gateway pulls the data of an order"},

	{number: "00099905100", reason: "ATTEMPTS_EXHAUSTED", why: "as if too many attempts had failed; come back in an hour"},
	{number: "00099905200", reason: "RATE_LIMIT", why: "as if the bank sent too much; come back in a second"},
	{number: "00099905300", reason: "SUBJECT_BUSY", why: "as if others asked about the same person at the same time"},
	{number: "00099905400", reason: "OVERLOADED", why: "as if too many requests were waiting"},
	{number: "00099905500", reason: "LEDGER_UNAVAILABLE", why: "as if the ledger did not answer"},
	{number: "00099905600", reason: "OUTCOME_UNKNOWN", why: "as if the ledger was lost sight of while it stored the decision; look the request up"},
	{number: "00099905700", reason: "INTERNAL", why: "as if the gateway had a defect"},
}

func (r row) person() Person {
	p := Person{
		SNILS: r.number[:3] + "-" + r.number[3:6] + "-" + r.number[6:9] + " " + r.number[9:],
		Claim: model(), Outcome: r.outcome, Pulled: r.pulled, Why: r.why,
	}
	p.Claim.SNILS = p.SNILS
	if r.claim != nil {
		r.claim(&p.Claim)
	}
	if r.outcome == "" {
		p.Fault = r.reason
		return p
	}
	if r.reason != "" {
		p.Reasons = []string{r.reason}
	}
	if !r.none {
		p.Held = &Account{ID: "00000000-0000-8000-8000-0" + r.number, Level: "STANDARD", Registry: "VERIFIED", Person: p.Claim}
	}
	if r.held != nil {
		r.held(p.Held)
	}
	return p
}

// model is the person whom banks send, but for the SNILS.
func model() person.Raw {
	return person.Raw{
		FamilyName: "Образцова", GivenName: "Марина", MiddleName: "Сергеевна", BirthDate: "1990-04-21", Sex: "FEMALE", Citizenship: "RUS",
		Passport: person.RawPassport{
			Series: "4510", Number: "999001", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ",
		},
		INN: "500100732259", MobilePhone: "+79009990001", Email: "marina@example.org",
	}
}

// What the portal holds otherwise.

func confirmed(a *Account) { a.Level, a.Method = "CONFIRMED", "SERVICE_CENTRE" }

func familyName(name string) func(*Account) { return func(a *Account) { a.Person.FamilyName = name } }

func departmentCode(a *Account) { a.Person.Passport.DepartmentCode = "770-101" }

func newPassport(a *Account) {
	a.Previous = []person.RawPassport{a.Person.Passport}
	a.Person.Passport.Series, a.Person.Passport.Number, a.Person.Passport.IssueDate = "4520", "999002", "2020-06-01"
}

func otherPassport(a *Account) { a.Person.Passport.Number = "999003" }

func issue(a *Account) {
	a.Person.Passport.IssueDate, a.Person.Passport.DepartmentCode = "2010-06-15", "770-101"
}

func inn(a *Account) { a.Person.INN = "123456789047" }

func phone(a *Account) { a.Person.MobilePhone = "+79009990002" }

func level(level, registry string) func(*Account) {
	return func(a *Account) { a.Level, a.Registry = level, registry }
}

// What a bank sends otherwise, and the portal holds as well.

func expired(r *person.Raw) {
	r.BirthDate, r.Passport.Series, r.Passport.IssueDate = "1981-01-15", "4501", "2001-02-01"
}

func issuedEarly(r *person.Raw) { r.Passport.Series, r.Passport.IssueDate = "4503", "2003-12-12" }

func aged15(r *person.Raw) {
	r.BirthDate, r.Passport.Series, r.Passport.IssueDate = "2011-04-21", "4525", "2025-05-12"
}

func aged11(r *person.Raw) {
	r.BirthDate, r.Passport.Series, r.Passport.IssueDate = "2015-04-21", "4525", "2025-05-12"
}
