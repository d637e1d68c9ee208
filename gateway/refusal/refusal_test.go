package refusal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

func TestLedger(t *testing.T) {
	own := fault.New(fault.Exhausted, fault.AttemptsExhausted)
	for name, c := range map[string]struct {
		err    error
		kind   fault.Kind
		reason fault.Reason
		waits  bool
	}{
		"unavailable":      {ledger.ErrUnavailable, fault.Unavailable, fault.LedgerUnavailable, true},
		"unknown":          {ledger.ErrOutcomeUnknown, fault.Unavailable, fault.OutcomeUnknown, true},
		"unknown and late": {fmt.Errorf("%w: %w", ledger.ErrOutcomeUnknown, context.DeadlineExceeded), fault.Unavailable, fault.OutcomeUnknown, true},
		"conflict":         {ledger.ErrConflict, fault.Aborted, fault.SubjectBusy, true},
		"overloaded":       {ledger.ErrOverloaded, fault.Exhausted, fault.Overloaded, true},
		"cursor":           {ledger.ErrCursor, fault.Invalid, fault.PageTokenInvalid, false},
		"late":             {fmt.Errorf("%w: %w", ledger.ErrUnavailable, context.DeadlineExceeded), fault.Deadline, fault.DeadlineOver, false},
		"gave up":          {context.Canceled, fault.Cancelled, fault.CallerGaveUp, false},
		"a fault":          {fmt.Errorf("in a group: %w", own), fault.Exhausted, fault.AttemptsExhausted, false},
		"not found":        {ledger.ErrNotFound, fault.Internal, fault.Defect, false},
		"anything else":    {errors.New("disk on fire"), fault.Internal, fault.Defect, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(refusal.Ledger(fmt.Errorf("wrapped: %w", c.err)))
			if f.Kind != c.kind || f.Reason != c.reason {
				t.Errorf("fault %v %v, want %v %v", f.Kind, f.Reason, c.kind, c.reason)
			}
			if (f.RetryAfter > 0) != c.waits {
				t.Errorf("retry after %v, want some: %v", f.RetryAfter, c.waits)
			}
			if f.Error() != string(c.reason) {
				t.Errorf("public text %q says more than the reason", f.Error())
			}
		})
	}
	if err := refusal.Ledger(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
}

func TestPerson(t *testing.T) {
	err := fmt.Errorf("request: %w", person.Errors{
		{Field: person.FieldFamilyName, Problem: person.Format, Text: "is required"},
		{Field: person.FieldSNILS, Problem: person.Checksum, Text: "check digits"},
		{Field: person.FieldINN, Problem: person.Checksum, Text: "check digits"},
		{Field: person.FieldINN, Problem: person.NotPerson, Text: "of an organisation"},
		{Field: person.FieldNumber, Problem: person.Format, Text: "must have 6 digits"},
	})
	want := []fault.Violation{
		{Field: "person.familyName", Reason: fault.FieldFormat, Text: "is required"},
		{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "check digits"},
		{Field: "person.inn", Reason: fault.INNChecksum, Text: "check digits"},
		{Field: "person.inn", Reason: fault.INNNotPerson, Text: "of an organisation"},
		{Field: "person.passport.number", Reason: fault.FieldFormat, Text: "must have 6 digits"},
	}
	if got := refusal.Person("person.", err); !slices.Equal(got, want) {
		t.Errorf("violations %+v, want %+v", got, want)
	}
	single := &person.FieldError{Field: person.FieldSNILS, Problem: person.Format, Text: "must have 11 digits"}
	if got := refusal.Person("", single); len(got) != 1 || got[0].Field != "snils" {
		t.Errorf("violations of one error: %+v", got)
	}
	if got := refusal.Person("", errors.New("other")); len(got) != 0 {
		t.Errorf("violations of another error: %+v", got)
	}
}
