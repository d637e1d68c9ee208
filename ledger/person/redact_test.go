package person_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/poruka/poruka/ledger/person"
)

// canaries are what must never be seen: every value of the invented person, in every form it takes.
func canaries(p person.Profile) []string {
	raw := p.Raw()
	values := []string{
		raw.FamilyName, raw.GivenName, raw.MiddleName, p.FamilyName.Canonical(), p.FamilyName.Key(), p.GivenName.Key(), p.MiddleName.Key(),
		raw.BirthDate, "1981", raw.Passport.Series, raw.Passport.Number, raw.Passport.IssueDate, raw.Passport.DepartmentCode,
		raw.Passport.Issuer, raw.SNILS, p.SNILS.Digits(), raw.INN, raw.MobilePhone, "79648827042", raw.Email, "ardalion", "MALE",
		p.Previous[0].Number(),
	}
	for _, value := range values {
		values = append(values, fmt.Sprintf("%x", value), strings.Trim(strconv.QuoteToASCII(value), `"`))
		if number, err := strconv.ParseInt(value, 10, 64); err == nil && number > 1e5 {
			values = append(values, fmt.Sprintf("%x", number), fmt.Sprintf("%b", number))
		}
	}
	return values
}

type (
	exported   struct{ Person person.Person }
	unexported struct {
		person  person.Person
		profile *person.Profile
		name    person.Name
		email   person.Email
		paper   person.Passport
		date    person.Date
		snils   person.SNILS
		dates   []person.Date
		byPhone map[person.Phone]person.INN
	}
	embedded struct{ person.Profile }
)

// shown are values and containers of them, everything a careless line of code may print.
func shown(p person.Profile) map[string]any {
	return map[string]any{
		"profile": p, "pointer": &p, "person": p.Person, "raw": p.Raw(), "raw passport": p.Raw().Passport,
		"name": p.FamilyName, "name pointer": &p.FamilyName, "date": p.BirthDate, "sex": p.Sex, "citizenship": p.Citizenship,
		"passport": p.Passport, "passports": p.Previous, "SNILS": p.SNILS, "INN": p.INN, "phone": p.MobilePhone, "e-mail": p.Email,
		"slice": []any{p, p.SNILS}, "map": map[string]person.Name{"x": p.GivenName}, "key": map[person.SNILS]person.Sex{p.SNILS: p.Sex},
		"exported": exported{p.Person}, "embedded": embedded{p}, "pointer in slice": []*person.Profile{&p},
		"unexported": unexported{
			p.Person, &p, p.FamilyName, p.Email, p.Passport, p.BirthDate, p.SNILS,
			[]person.Date{p.BirthDate},
			map[person.Phone]person.INN{p.MobilePhone: p.INN},
		},
		"pointer to unexported": &unexported{person: p.Person, name: p.GivenName},
	}
}

// shows reports whether a text holds a value. Four digits stand in many a time and address by chance: they must stand alone.
func shows(text, value string) bool {
	if len(value) != 4 || strings.Trim(value, "0123456789") != "" {
		return value != "" && strings.Contains(text, value)
	}
	return regexp.MustCompile(`(^|[^0-9a-fA-F])` + value + `($|[^0-9a-fA-F])`).MatchString(text)
}

func TestShows(t *testing.T) {
	for text, want := range map[string]bool{
		"1981": true, "born 1981-05-12": true, "{1981 5 12}": true, "12.05.1981": true, "0xc0001981a0": false, "10:25:30.198148Z": false, "": false,
	} {
		if shows(text, "1981") != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
	if !shows("79648827042", "4882704") || shows("anything", "") {
		t.Error("longer values are found anywhere, and nothing nowhere")
	}
}

func TestNothingShowsPersonalData(t *testing.T) {
	p := wholeProfile(t)
	forbidden := canaries(p)
	clean := func(how, text string) {
		t.Helper()
		for _, value := range forbidden {
			if shows(text, value) {
				t.Errorf("%s shows %q: %s", how, value, text)
			}
		}
	}
	for what, value := range shown(p) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o", "%b", "%c", "%U", "%t", "%e", "%10.3v", "%p", "%!"} {
			if verb == "%p" && strings.HasPrefix(what, "raw") {
				continue // plain text that fmt shows without asking: vet refuses the verb
			}
			clean(what+" "+verb, fmt.Sprintf(verb, value))
		}
		clean(what+" in an error", fmt.Errorf("refused %v: %w", value, errors.Join(errors.New("x"), fmt.Errorf("%+v", value))).Error())
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
			slog.New(handler).Info("m", "value", value, "error", fmt.Errorf("%v", value), "group", slog.GroupValue(slog.Any("value", value)))
		}
		clean(what+" in a log", log.String())
		if what != "key" { // JSON has no such keys
			if text, err := json.Marshal(value); err == nil {
				clean(what+" in JSON", string(text))
			}
		}
		if text, err := xml.Marshal(value); err == nil {
			clean(what+" in XML", string(text))
		}
		var page bytes.Buffer
		if err := template.Must(template.New("").Parse("{{.}}")).Execute(&page, value); err == nil {
			clean(what+" in a template", page.String())
		}
	}
}

func TestShownAsRedacted(t *testing.T) {
	p := wholeProfile(t)
	for _, value := range []any{
		p, p.Person, p.Raw(), p.Raw().Passport, p.FamilyName, p.BirthDate, p.Sex, p.Citizenship, p.Passport, p.SNILS, p.INN,
		p.MobilePhone, p.Email,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			if got := fmt.Sprintf(verb, value); got != "redacted" {
				t.Errorf("%T with %s is shown as %s", value, verb, got)
			}
		}
		if text, err := json.Marshal(value); err != nil || string(text) != `"redacted"` {
			t.Errorf("%T in JSON: %s, %v", value, text, err)
		}
		valuer, isValuer := value.(slog.LogValuer)
		if !isValuer || valuer.LogValue().String() != "redacted" {
			t.Errorf("%T in a log is not redacted", value)
		}
		shower, isShower := value.(interface {
			fmt.Stringer
			fmt.GoStringer
		})
		if !isShower || shower.String() != "redacted" || shower.GoString() != "redacted" {
			t.Errorf("%T as a text is not redacted", value)
		}
	}
}

func TestErrorsNeverRepeatValues(t *testing.T) {
	secret := "ТАЙНА1234567890ТАЙНА"
	raw := person.Raw{
		FamilyName: secret + "\x00", GivenName: secret + "🙂", MiddleName: secret + "Z", BirthDate: secret, Sex: secret, Citizenship: secret,
		Passport: person.RawPassport{Series: secret, Number: secret, IssueDate: secret, DepartmentCode: secret, Issuer: secret + "\x00"},
		SNILS:    secret, INN: secret, MobilePhone: secret, Email: secret,
	}
	_, _, err := person.Parse(raw, nil, day("2026-07-01"))
	var errs person.Errors
	if !errors.As(err, &errs) || len(errs) != 15 {
		t.Fatalf("%d fields at fault: %v", len(errs), err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", err, errs, errs[0], fmt.Errorf("confirm: %w", err)); strings.Contains(text, "ТАЙНА") {
		t.Errorf("an error repeats the value: %s", text)
	}
}
