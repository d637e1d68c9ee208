package magic

import (
	"fmt"
	"io"
	"strings"

	"github.com/poruka/poruka/ledger/person"
)

// WriteMarkdown writes the persons for the documentation: the one whom banks send, and a table of what differs and what comes of it.
func WriteMarkdown(w io.Writer) error {
	m := model()
	var b strings.Builder
	fmt.Fprintf(&b, "| Field | Value |\n|---|---|\n")
	for _, field := range fields(m) {
		if field.name != "snils" {
			fmt.Fprintf(&b, "| `%s` | %s |\n", field.name, field.value)
		}
	}
	b.WriteString("\n| SNILS | Outcome, or error | Reason | What a bank sends otherwise | What the portal holds | Why |\n|---|---|---|---|---|---|\n")
	for _, p := range All() {
		outcome, reason := p.Outcome, strings.Join(p.Reasons, ", ")
		switch {
		case p.Fault != "":
			outcome, reason = "error", p.Fault
		case p.Pulled:
			outcome += " of an order"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", p.SNILS, outcome, code(reason), differing(m, p.Claim), held(p), p.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func code(text string) string {
	if text == "" {
		return "-"
	}
	return "`" + text + "`"
}

// held tells the account of a person.
func held(p Person) string {
	if p.Held == nil {
		return "nothing"
	}
	text := "a " + p.Held.Level + " account"
	if p.Held.Method != "" {
		text += " by " + p.Held.Method
	}
	if other := differing(p.Claim, p.Held.Person); other != "-" {
		text += " with " + other
	}
	if len(p.Held.Previous) > 0 {
		text += ", and the bank's passport as a former one"
	}
	return text
}

// differing lists what of a person is otherwise, but for the SNILS.
func differing(from, to person.Raw) string {
	var parts []string
	was := fields(from)
	for i, field := range fields(to) {
		if field != was[i] && field.name != "snils" {
			parts = append(parts, "`"+field.name+"` "+field.value)
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

type field struct{ name, value string }

func fields(p person.Raw) []field {
	return []field{
		{"familyName", p.FamilyName},
		{"givenName", p.GivenName},
		{"middleName", p.MiddleName},
		{"birthDate", p.BirthDate},
		{"sex", p.Sex},
		{"citizenship", p.Citizenship},
		{"passport.series", p.Passport.Series},
		{"passport.number", p.Passport.Number},
		{"passport.issueDate", p.Passport.IssueDate},
		{"passport.departmentCode", p.Passport.DepartmentCode},
		{"passport.issuer", p.Passport.Issuer},
		{"snils", p.SNILS},
		{"inn", p.INN},
		{"mobilePhone", p.MobilePhone},
		{"email", p.Email},
	}
}
