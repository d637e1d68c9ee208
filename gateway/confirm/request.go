package confirm

import (
	"encoding/binary"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
)

// Native is the style of requests in our own API. Dialects have names of their own.
const Native = "native"

// Caller is the bank that asks.
type Caller struct {
	Partner partners.Partner // from the roster, by the id in the certificate
	Serial  string           // serial number of the client certificate, hexadecimal
	Style   string           // the dialect in which it asks
}

func (c Caller) id() ledger.PartnerID { return ledger.PartnerID(c.Partner.ID) }

// lane keeps the bank's decisions from holding up those of others.
func (c Caller) lane() group.Lane { return group.Lane(c.Partner.ID) }

// Request is what a bank asks, well-formed.
type Request struct {
	ID             string // the bank's own id, a UUID; its case does not matter
	Person         person.Person
	Trace          person.Trace // what normalisation did to the person; a pure function of the request
	BankAccount    BankAccount
	Authentication Authentication
	Consent        Consent
	DryRun         bool
	SentAt         time.Time // zero when not told
}

// BankAccount is what the bank says of the customer's account in the bank.
type BankAccount struct {
	Active     bool
	PhoneBound bool // to the mobile number of the person
}

// Authentication is how and when the bank made sure that the customer is at the other end.
type Authentication struct {
	Means ledger.Authentication
	At    time.Time
}

// Consent is the customer's consent to the confirmation.
type Consent struct {
	Given bool
	At    time.Time // zero when not told
}

// Parse reads the person of a claim: what every claim of a bank must hold, and what the bank's agreement requires beyond.
// The error is a fault that names all fields, as `person.snils`.
func (s *Service) Parse(raw person.Raw, p partners.Partner) (person.Person, person.Trace, error) {
	need := person.RequiredOfBank()
	maps.Copy(need, p.Required)
	claimed, trace, err := person.Parse(raw, need, s.today(s.cfg.Clock()))
	if err != nil {
		claimed.SNILS, _ = person.ParseSNILS(raw.SNILS) // so that everything is told at once
	}
	wrong := s.reserved(claimed.SNILS)
	if err == nil && len(wrong) == 0 {
		return claimed, trace, nil
	}
	if wrong = append(refusal.Person("person.", err), wrong...); len(wrong) > 0 {
		return person.Person{}, nil, fault.InvalidFields(wrong...)
	}
	return person.Person{}, nil, fault.Wrap(fault.Internal, fault.Defect, err)
}

// today is the day on which a decision at now is made: days of birth and of passports are counted in Moscow.
func (*Service) today(now time.Time) person.Date { return person.DateOf(now.In(partners.Moscow())) }

// check refuses what no transport should let through. The error is a fault.
func (r Request) check() error {
	var wrong []fault.Violation
	if id, err := uuid.Parse(r.ID); err != nil || id.String() != strings.ToLower(r.ID) {
		wrong = append(wrong, fault.Violation{Field: "requestId", Reason: fault.FieldFormat, Text: "must be a UUID"})
	}
	if r.Authentication.Means == ledger.AuthenticationNone {
		wrong = append(wrong, fault.Violation{Field: "authentication.method", Reason: fault.FieldFormat, Text: "is required"})
	}
	if r.Authentication.At.IsZero() {
		wrong = append(wrong, fault.Violation{Field: "authentication.time", Reason: fault.FieldFormat, Text: "is required"})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

// digestPurpose names digests of requests.
const digestPurpose = "confirmation request"

// canonical gives bytes that differ whenever two requests differ in meaning: a head of fixed length, then the person.
func (r Request) canonical() []byte {
	out := make([]byte, 0, 512)
	out = append(out, 1) // version
	out = append(out, flags(r.DryRun, r.BankAccount.Active, r.BankAccount.PhoneBound, r.Consent.Given), byte(r.Authentication.Means))
	for _, t := range [...]time.Time{r.Authentication.At, r.Consent.At, r.SentAt} {
		out = appendTime(out, t)
	}
	return r.Person.Canonical(out)
}

func flags(bits ...bool) (out byte) {
	for i, bit := range bits {
		if bit {
			out |= 1 << i
		}
	}
	return out
}

// appendTime writes microseconds since 1970, and whether there is a time at all.
func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.BigEndian.AppendUint64(append(dst, 0), 0)
	}
	return binary.BigEndian.AppendUint64(append(dst, 1), uint64(t.UnixMicro()))
}
