package magic

import (
	"strings"

	"github.com/poruka/poruka/ledger/person"
)

// Person is a person of the sandbox: what a bank sends, what the portal holds, and what comes of it.
type Person struct {
	SNILS   string     // printed, for example 000-999-001 00
	Claim   person.Raw // what a bank sends
	Held    *Account   // what the portal holds; nil: nothing
	Outcome string     // for example CONFIRMED; empty when every request fails with Fault
	Reasons []string   // of the outcome
	Fault   string     // reason of the fault, for example RATE_LIMIT; empty when the request is decided
	Pulled  bool       // the outcome is seen only when the gateway pulls the data of an order; a bank's own request is CONFIRMED
	Why     string     // what makes the difference, in English
}

// Account is what the portal holds of a person. The phone is not marked as verified, so that all may have the same; it counts as verified.
type Account struct {
	ID       string // UUID
	Level    string
	Method   string // empty unless CONFIRMED
	Registry string
	Person   person.Raw
	Previous []person.RawPassport
}

// Reserved reports whether a SNILS is kept for the sandbox, whether or not a person has it.
func Reserved(snils person.SNILS) bool { return strings.HasPrefix(snils.Digits(), numbers) }

// ReservedAccount reports whether the id of an account is kept for the sandbox.
func ReservedAccount(id [16]byte) bool { return [len(idPrefix)]byte(id[:]) == idPrefix }

// numbers are the first digits of all reserved numbers.
const numbers = "0009990"

// idPrefix begins the ids of the accounts, which end in the digits of the SNILS: 00000000-0000-8000-8000-000099900100.
var idPrefix = [...]byte{6: 0x80, 8: 0x80, 12: 0x99, 13: 0x90}

// Day is the day on which the persons live: ages and passports are judged by it, so that nobody grows up and no passport runs out.
func Day() person.Date {
	day, _ := person.ParseDate("2026-11-01") // good by the look of it
	return day
}

// Find finds the person of a SNILS.
func Find(snils person.SNILS) (Person, bool) {
	if !Reserved(snils) {
		return Person{}, false
	}
	for _, row := range table {
		if row.number == snils.Digits() {
			return row.person(), true
		}
	}
	return Person{}, false
}

// All lists the persons in the order of their numbers.
func All() []Person {
	all := make([]Person, len(table))
	for i, row := range table {
		all[i] = row.person()
	}
	return all
}

// Request is an outcome that is made by the request, whoever the person is.
type Request struct{ Reason, How string }

// ByRequest lists the reasons of NOT_ELIGIBLE that depend on the request alone. Any person will do.
func ByRequest() []Request {
	return []Request{
		{"BANK_ACCOUNT_INACTIVE", "say that the customer's account in the bank is not active"},
		{"AUTHENTICATION_STALE", "say that the customer signed in at the bank 300 seconds ago or earlier"},
		{"CONSENT_MISSING", "say that the customer has given no consent"},
	}
}
