package person

import "strings"

// RequiredOfBank are the fields that every claim of a bank must hold. Of a foreign citizen the passport's series and issue
// date are not required.
func RequiredOfBank() Requirements {
	return Requirements{
		FieldFamilyName: true, FieldGivenName: true, FieldBirthDate: true, FieldSex: true, FieldSeries: true,
		FieldNumber: true, FieldIssueDate: true, FieldSNILS: true, FieldMobilePhone: true,
	}
}

// Parse reads a person. need says which fields may not be left out; today is the day after which nobody is born and no
// passport issued. The error is of type Errors and holds every field at fault, in the order of the fields.
func Parse(raw Raw, need Requirements, today Date) (Person, Trace, error) {
	p := parser{need: need, today: today}
	person := Person{}
	citizenship, bad := readCitizenship(raw.Citizenship)
	person.Citizenship = citizenship
	p.foreign = !bad.found() && !citizenship.IsRussian()

	person.FamilyName = p.name(FieldFamilyName, raw.FamilyName)
	person.GivenName = p.name(FieldGivenName, raw.GivenName)
	person.MiddleName = p.name(FieldMiddleName, raw.MiddleName)
	person.BirthDate = p.birthDate(raw.BirthDate)
	if p.has(FieldSex, raw.Sex) {
		sex, bad := readSex(raw.Sex)
		person.Sex = keep(&p, FieldSex, sex, 0, bad)
	}
	p.refuse(FieldCitizenship, bad)
	person.Passport = p.passport(raw.Passport)
	if p.has(FieldSNILS, raw.SNILS) {
		snils, did, bad := readSNILS(raw.SNILS)
		person.SNILS = keep(&p, FieldSNILS, snils, did, bad)
	}
	if p.has(FieldINN, raw.INN) {
		inn, did, bad := readINN(raw.INN)
		person.INN = keep(&p, FieldINN, inn, did, bad)
	}
	if p.has(FieldMobilePhone, raw.MobilePhone) {
		phone, did, bad := readPhone(raw.MobilePhone)
		person.MobilePhone = keep(&p, FieldMobilePhone, phone, did, bad)
	}
	if p.has(FieldEmail, raw.Email) {
		email, did, bad := readEmail(raw.Email)
		person.Email = keep(&p, FieldEmail, email, did, bad)
	}
	if len(p.errs) > 0 {
		return Person{}, nil, p.errs
	}
	return person, p.trace, nil
}

// parser collects what is wrong with a person and what was done to it.
type parser struct {
	need    Requirements
	today   Date
	foreign bool
	paper   bool // some part of a passport was given
	errs    Errors
	trace   Trace
	steps   []Step // the backing of the trace
}

// has reports whether a field was given, and refuses a required one that was not.
func (p *parser) has(field Field, text string) bool {
	given := !isEmpty(text)
	if !given && p.needs(field) {
		p.refuse(field, malformed("is required"))
	}
	return given
}

// needs reports whether a field may not be left out.
func (p *parser) needs(field Field) bool {
	switch field {
	case FieldSeries:
		return !p.foreign && (p.paper || p.need[field] || p.need[FieldPassport])
	case FieldIssueDate:
		return !p.foreign && (p.need[field] || p.need[FieldPassport])
	case FieldDepartmentCode:
		return !p.foreign && p.need[field]
	case FieldNumber:
		return p.paper || p.need[field] || p.need[FieldPassport]
	default:
		return p.need[field]
	}
}

// isEmpty reports whether there is nothing but blanks.
func isEmpty(text string) bool { return strings.TrimSpace(text) == "" }

func (p *parser) refuse(field Field, bad flaw) {
	if bad.found() {
		p.errs = append(p.errs, &FieldError{Field: field, Problem: bad.problem, Text: bad.text})
	}
}

// keep notes what became of a field and gives its value back, for use in assignments.
func keep[T any](p *parser, field Field, value T, did steps, bad flaw) T {
	p.refuse(field, bad)
	if did == 0 {
		return value
	}
	if p.steps == nil {
		p.steps = make([]Step, 0, 16)
		p.trace = make(Trace, 0, 8)
	}
	from := len(p.steps)
	p.steps = did.appendTo(p.steps)
	p.trace = append(p.trace, Normalised{Field: field, Steps: p.steps[from:len(p.steps):len(p.steps)]})
	return value
}

func (p *parser) name(field Field, text string) Name {
	if !p.has(field, text) {
		return Name{}
	}
	name, did, bad := readName(text, NameRules{Patronymic: field == FieldMiddleName, Foreign: p.foreign})
	if !bad.found() && name.IsZero() && p.needs(field) {
		bad = malformed("is required")
	}
	return keep(p, field, name, did, bad)
}

// firstBirth is the day before which nobody alive was born.
func firstBirth() Date { return pack(1880, 1, 1) }

func (p *parser) birthDate(text string) Date {
	return p.date(FieldBirthDate, text, firstBirth(), "must not be before 1880")
}

func (p *parser) date(field Field, text string, first Date, tooEarly string) Date {
	if !p.has(field, text) {
		return Date{}
	}
	date, bad := readDate(text)
	switch {
	case bad.found():
	case date.After(p.today):
		bad = malformed("must not be in the future")
	case date.Before(first):
		bad = malformed(tooEarly)
	}
	return keep(p, field, date, 0, bad)
}
