package server_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/style"
)

// magicRequest is a bank's request about a person of the sandbox.
func magicRequest(raw person.Raw) *porukav1.ConfirmIdentityRequest {
	return fresh(&porukav1.ConfirmIdentityRequest{
		Person:         nativePerson(raw),
		BankAccount:    &porukav1.BankAccount{Active: true, PhoneBound: true},
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_APP},
		Consent:        &porukav1.Consent{Given: true},
	})
}

func nativePerson(raw person.Raw) *porukav1.Person {
	return &porukav1.Person{
		FamilyName: raw.FamilyName, GivenName: raw.GivenName, MiddleName: raw.MiddleName, BirthDate: raw.BirthDate,
		Sex: porukav1.Person_Sex(porukav1.Person_Sex_value[raw.Sex]), Citizenship: raw.Citizenship,
		Passport: &porukav1.Passport{
			Series: raw.Passport.Series, Number: raw.Passport.Number, IssueDate: raw.Passport.IssueDate,
			DepartmentCode: raw.Passport.DepartmentCode, Issuer: raw.Passport.Issuer,
		},
		Snils: raw.SNILS, Inn: raw.INN, MobilePhone: raw.MobilePhone, Email: raw.Email,
	}
}

// expected is what a bank's own request about a person comes to: an outcome, with reasons, or the reason of a fault.
func expected(p magic.Person) string {
	switch {
	case p.Fault != "":
		return "fault " + p.Fault
	case p.Pulled:
		return "CONFIRMED"
	default:
		return strings.Join(append([]string{p.Outcome}, p.Reasons...), " ")
	}
}

// Every person gives exactly its outcome, twice, to every bank, natively and in the bank's dialect. Nothing changes by it.
func TestMagicPersons(t *testing.T) { ledgers.OnEach(t, magicPersons) }

func magicPersons(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Sandbox: true})
	decided := 0
	for _, bank := range style.Standard().Names() {
		native, s := porukav1.NewConfirmationServiceClient(g.Conn(bank)), speakerOf(t, g, bank)
		for _, p := range magic.All() {
			for range 2 {
				if got := natively(t, native, p); got != expected(p) {
					t.Errorf("%s natively, %s: %s, want %s", bank, p.SNILS, got, expected(p))
				}
				if got := inDialect(s, p); got != expected(p) {
					t.Errorf("%s, %s: %s, want %s", bank, p.SNILS, got, expected(p))
				}
				if p.Fault == "" {
					decided += 2
				}
			}
		}
	}
	for _, p := range magic.All() {
		if p.Held == nil {
			continue
		}
		account, err := porukav1.NewPortalServiceClient(g.Conn("portal")).GetAccount(t.Context(), &porukav1.GetAccountRequest{Id: p.Held.ID})
		if a := account.GetAccount(); err != nil || a.GetLevel().String() != p.Held.Level || a.GetVersion() != 1 {
			t.Errorf("%s: %v, %v", p.SNILS, a, err)
		}
	}
	wholeAfter(t, g, database, int64(decided))
}

func natively(t *testing.T, bank porukav1.ConfirmationServiceClient, p magic.Person) string {
	t.Helper()
	out, err := bank.ConfirmIdentity(t.Context(), magicRequest(p.Claim))
	if err != nil {
		var a answer
		a.understand(status.Convert(err))
		return "fault " + a.reason
	}
	words := []string{out.GetConfirmation().GetOutcome().String()}
	for _, reason := range out.GetConfirmation().GetReasons() {
		words = append(words, reason.GetReason().String())
	}
	if !out.GetConfirmation().GetDryRun() {
		words = append(words, "and not dry")
	}
	return strings.Join(words, " ")
}

func inDialect(s speaker, p magic.Person) string {
	s.t.Helper()
	m := s.send(s.write(magicRequest(p.Claim)))
	if m.Status != http.StatusOK {
		refusal, err := s.dialect.ReadRefusal(m)
		if err != nil {
			s.t.Errorf("%s, %s: %v: %s", s.bank, p.SNILS, err, m.Body)
		}
		return "fault " + refusal.Reason.Code
	}
	out := s.decided(m)
	words := []string{out.Outcome}
	for _, reason := range out.Reasons {
		words = append(words, reason.Code)
	}
	return strings.Join(words, " ")
}

// wholeAfter stops a gateway and checks its ledger.
func wholeAfter(t *testing.T, g *gatewaytest.Gateway, database string, entries int64) {
	t.Helper()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Config{DataDir: g.Dir, DatabaseURL: database, Dev: true}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.File{Path: settings.KeyRing}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store, err := server.OpenLedger(t.Context(), settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	sum, err := fsck.Run(t.Context(), fsck.Config{
		Ledger: store, Ring: ring, Keys: keysOf(t, g.Dir), Report: func(f fsck.Finding) { t.Errorf("fsck: %+v", f) },
	})
	if err != nil || sum.Entries+sum.Waiting != entries {
		t.Errorf("fsck: %+v, %v; want %d entries", sum, err, entries)
	}
}

// Where there is no sandbox neither a bank nor the portal may speak of its persons; where there is one the portal may not change them.
func TestMagicPersonsElsewhere(t *testing.T) {
	for _, sandbox := range []bool{false, true} {
		g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: sandbox})
		portal, bank := porukav1.NewPortalServiceClient(g.Conn("portal")), porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
		p := magic.All()[0]
		refused := func(what string, err error, field string) {
			t.Helper()
			var a answer
			if a.understand(status.Convert(err)); a.code != codes.InvalidArgument || a.reason != "FIELD_FORMAT" || !slices.Equal(a.fields, []string{field}) {
				t.Errorf("sandbox %v, %s: %+v", sandbox, what, a)
			}
		}
		if !sandbox {
			_, err := bank.ConfirmIdentity(t.Context(), magicRequest(p.Claim))
			refused("a claim", err, "person.snils")
			speaker := speakerOf(t, g, "vtb")
			speaker.refused("a claim", speaker.send(speaker.write(magicRequest(p.Claim))), http.StatusBadRequest, "FIELD_FORMAT")
		}
		_, err := portal.PutAccount(t.Context(), &porukav1.PutAccountRequest{
			Id: uuid.NewString(), Profile: &porukav1.Profile{Person: nativePerson(p.Claim), PhoneVerified: true},
		})
		refused("an account", err, "profile.person.snils")
		_, err = portal.RecordConfirmation(t.Context(), &porukav1.RecordConfirmationRequest{
			Id: p.Held.ID, RequestId: uuid.NewString(), Method: porukav1.Account_POSTAL_CODE,
		})
		refused("a record", err, "id")
	}
}

// A sandbox does not start with keys of production: its persons would stand in a real ledger. It is one by default with dev alone.
func TestASandboxWantsKeysForDevelopment(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		dev     bool
		sandbox *bool
		starts  bool
	}{{true, nil, false}, {true, &yes, false}, {true, &no, true}, {false, &yes, false}, {false, nil, true}} {
		settings, err := config.Config{DataDir: t.TempDir(), Dev: c.dev, Sandbox: c.sandbox, KeyRing: productionRing(t)}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
			t.Fatal(err)
		}
		err = server.Check(t.Context(), server.Config{Config: settings, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
		if c.starts != (err == nil) || (err != nil && !strings.Contains(err.Error(), "--no-sandbox")) {
			t.Errorf("dev %v, sandbox %v: %v", c.dev, c.sandbox != nil && *c.sandbox, err)
		}
	}
}
