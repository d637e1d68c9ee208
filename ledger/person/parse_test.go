package person_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

// firstField is the first field at fault; empty when there is none.
func firstField(err error) person.Field {
	var errs person.Errors
	if !errors.As(err, &errs) {
		return ""
	}
	return errs[0].Field
}

func fieldsOf(t *testing.T, err error) []person.Field {
	t.Helper()
	var errs person.Errors
	if !errors.As(err, &errs) {
		t.Fatalf("error %v is not Errors", err)
	}
	var fields []person.Field
	for _, one := range errs {
		fields = append(fields, one.Field)
	}
	return fields
}

func TestParseKeepsWhatItRead(t *testing.T) {
	p, _, err := person.Parse(whole(), person.RequiredOfBank(), day("2026-07-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := person.Raw{
		FamilyName: "Подопытный-Ёжиков", GivenName: "Ардальон", MiddleName: "Варфоломеевич",
		BirthDate: "1981-01-15", Sex: "MALE", Citizenship: "RUS",
		Passport: person.RawPassport{
			Series: "4510", Number: "799799", IssueDate: "2010-02-01", DepartmentCode: "770-100", Issuer: "ОВД «Выдуманное» г. Москвы",
		},
		SNILS: "112-233-445 95", INN: "500100732259", MobilePhone: "+79648827042", Email: "ardalion+gosuslugi@example.ru",
	}
	if p.Raw() != want {
		t.Error("the fields are not what was given")
	}
	again, trace, err := person.Parse(p.Raw(), person.RequiredOfBank(), day("2026-07-01"))
	if err != nil || !again.Equal(p) {
		t.Fatalf("parsing its own words gives another person: %v", err)
	}
	for _, n := range trace { // what is left is how Russians write names and SNILS
		if n.Field != person.FieldSNILS && !strings.HasSuffix(string(n.Field), "Name") {
			t.Errorf("canonical %s is changed: %v", n.Field, n.Steps)
		}
	}
}

func TestParseTrace(t *testing.T) {
	raw := whole()
	raw.MiddleName = " Отсутствует"
	raw.Email = "a@пример.рф"
	_, trace, err := person.Parse(raw, nil, day("2026-07-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := person.Trace{
		{person.FieldFamilyName, []person.Step{person.StepUpperCase, person.StepYoToYe}},
		{person.FieldGivenName, []person.Step{person.StepUpperCase}},
		{person.FieldMiddleName, []person.Step{person.StepPlaceholder}},
		{person.FieldSeries, []person.Step{person.StepMask}},
		{person.FieldNumber, []person.Step{person.StepMask}},
		{person.FieldIssuer, []person.Step{person.StepBlanks}},
		{person.FieldSNILS, []person.Step{person.StepMask}},
		{person.FieldMobilePhone, []person.Step{person.StepMask}},
		{person.FieldEmail, []person.Step{person.StepIDNA}},
	}
	if !reflect.DeepEqual(trace, want) {
		t.Errorf("trace\n%v, want\n%v", trace, want)
	}
}

func TestParseTraceIsEmptyWhenNothingChanged(t *testing.T) {
	_, trace, err := person.Parse(person.Raw{
		FamilyName: "ИВАНОВ", GivenName: "ИВАН", Sex: "MALE", SNILS: "11223344595", MobilePhone: "+79648827042",
		Passport: person.RawPassport{Series: "4510", Number: "799799", DepartmentCode: "770100"},
	}, nil, day("2026-07-01"))
	if err != nil || len(trace) != 0 {
		t.Errorf("trace %v, error %v", trace, err)
	}
}

func TestParseNamesEveryFieldAtFault(t *testing.T) {
	_, _, err := person.Parse(person.Raw{
		FamilyName: "Ива☠нов", GivenName: "\u202eИван", MiddleName: "1", BirthDate: "1879-12-31", Sex: "?", Citizenship: "ZZZ",
		Passport: person.RawPassport{Series: "x", Number: "x", IssueDate: "x", DepartmentCode: "x", Issuer: "\u200b"},
		SNILS:    "112-233-445 96", INN: "7707083893", MobilePhone: "84951234567", Email: "x",
	}, nil, day("2026-07-01"))
	want := []person.Field{
		person.FieldFamilyName, person.FieldGivenName, person.FieldMiddleName, person.FieldBirthDate, person.FieldSex,
		person.FieldCitizenship, person.FieldSeries, person.FieldNumber, person.FieldIssueDate, person.FieldDepartmentCode,
		person.FieldIssuer, person.FieldSNILS, person.FieldINN, person.FieldMobilePhone, person.FieldEmail,
	}
	if got := fieldsOf(t, err); !reflect.DeepEqual(got, want) {
		t.Errorf("fields at fault %v, want %v", got, want)
	}
	var errs person.Errors
	if !errors.As(err, &errs) || errs[11].Problem != person.Checksum || errs[12].Problem != person.NotPerson {
		t.Errorf("problems: %v", err)
	}
	for _, value := range []string{"112-233", "7707083893", "8495", "☠", "1879"} {
		if strings.Contains(err.Error(), value) {
			t.Errorf("the error repeats %q: %v", value, err)
		}
	}
}

func TestParseRequires(t *testing.T) {
	all := []person.Field{
		person.FieldFamilyName, person.FieldGivenName, person.FieldBirthDate, person.FieldSex, person.FieldSeries, person.FieldNumber,
		person.FieldIssueDate, person.FieldSNILS, person.FieldMobilePhone,
	}
	_, _, err := person.Parse(person.Raw{FamilyName: " "}, person.RequiredOfBank(), day("2026-07-01"))
	if got := fieldsOf(t, err); !reflect.DeepEqual(got, all) {
		t.Errorf("a bank must send %v, want %v", got, all)
	}
	var errs person.Errors
	if errors.As(err, &errs); errs[0].Text != "is required" {
		t.Errorf("a missing field is called %q", errs[0].Text)
	}

	_, _, err = person.Parse(person.Raw{Citizenship: "UZB"}, person.RequiredOfBank(), day("2026-07-01"))
	foreign := []person.Field{
		person.FieldFamilyName, person.FieldGivenName, person.FieldBirthDate, person.FieldSex, person.FieldNumber,
		person.FieldSNILS, person.FieldMobilePhone,
	}
	if got := fieldsOf(t, err); !reflect.DeepEqual(got, foreign) {
		t.Errorf("of a foreigner it must send %v, want %v", got, foreign)
	}

	_, _, err = person.Parse(person.Raw{MiddleName: "нет"}, person.Requirements{
		person.FieldMiddleName: true, person.FieldPassport: true, person.FieldDepartmentCode: true, person.FieldEmail: true, person.FieldINN: true,
	}, day("2026-07-01"))
	more := []person.Field{
		person.FieldMiddleName, person.FieldSeries, person.FieldNumber, person.FieldIssueDate, person.FieldDepartmentCode,
		person.FieldINN, person.FieldEmail,
	}
	if got := fieldsOf(t, err); !reflect.DeepEqual(got, more) {
		t.Errorf("required %v, want %v", got, more)
	}

	if _, _, err := person.Parse(person.Raw{}, nil, day("2026-07-01")); err != nil {
		t.Errorf("nothing is required, yet %v", err)
	}
}

func TestParseBirthDate(t *testing.T) {
	for text, ok := range map[string]bool{"1880-01-01": true, "1879-12-31": false, "2026-07-01": true, "2026-07-02": false} {
		if _, _, err := person.Parse(person.Raw{BirthDate: text}, nil, day("2026-07-01")); (err == nil) != ok {
			t.Errorf("born %s: %v", text, err)
		}
	}
	// Whether a passport came before the 14th birthday is a decision, not a malformed request.
	raw := whole()
	raw.BirthDate = "2009-01-01"
	if _, _, err := person.Parse(raw, person.RequiredOfBank(), day("2026-07-01")); err != nil {
		t.Errorf("a passport before the 14th birthday: %v", err)
	}
}

func TestForeignNames(t *testing.T) {
	raw := person.Raw{FamilyName: "O'Neill, Jr.", GivenName: "Ivan (John)"}
	if _, _, err := person.Parse(raw, nil, day("2026-07-01")); !reflect.DeepEqual(fieldsOf(t, err), []person.Field{person.FieldFamilyName, person.FieldGivenName}) {
		t.Errorf("a Russian name with commas: %v", err)
	}
	raw.Citizenship = "USA"
	if _, _, err := person.Parse(raw, nil, day("2026-07-01")); err != nil {
		t.Errorf("a foreign name with commas: %v", err)
	}
}
