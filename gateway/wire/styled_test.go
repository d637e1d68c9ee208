package wire_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/partners/style"
)

func TestRefusal(t *testing.T) {
	const id = "0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e21"
	secret := errors.New("the hidden cause")
	old := fault.Wrap(fault.Invalid, fault.RequestTooOld, secret).With("server_time", "2026-11-22T09:00:00Z")
	fields := fault.InvalidFields(
		fault.Violation{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "is not a SNILS"},
		fault.Violation{Field: "person.inn", Reason: fault.FieldFormat, Text: "must have digits"},
	)
	for name, c := range map[string]struct {
		err  error
		want style.Refusal // but for the reason
		code string
		wait int
	}{
		"metadata": {old, style.Refusal{
			HTTPStatus: 400, Code: "INVALID_ARGUMENT", ID: id, Metadata: map[string]string{"server_time": "2026-11-22T09:00:00Z"},
		}, "REQUEST_TOO_OLD", 0},
		"fields": {fields, style.Refusal{HTTPStatus: 400, Code: "INVALID_ARGUMENT", ID: id, Fields: []style.Field{
			{Path: "person.snils", Reason: "SNILS_CHECKSUM", Text: "is not a SNILS"}, {Path: "person.inn", Reason: "FIELD_FORMAT", Text: "must have digits"},
		}}, "FIELD_FORMAT", 0},
		"delay": {
			fault.New(fault.Exhausted, fault.RateLimit).After(1200 * time.Millisecond),
			style.Refusal{HTTPStatus: 429, Code: "RESOURCE_EXHAUSTED", ID: id},
			"RATE_LIMIT", 2,
		},
		"defect": {secret, style.Refusal{HTTPStatus: 500, Code: "INTERNAL", ID: id}, "INTERNAL", 0},
	} {
		got := wire.Refusal(wire.Status(c.err, wire.Russian, id))
		whole := wire.ReasonOf(c.code)
		want := c.want
		want.Reason = wire.StyledReason(whole)
		if c.wait > 0 {
			want.Reason.DelaySeconds = c.wait
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
		if got.Reason.Code != c.code || got.Reason.TextRU == "" || got.Reason.TextEN == "" || got.Reason.Actor == "" || got.Reason.Retry == "" {
			t.Errorf("%s: the reason is not whole: %+v", name, got.Reason)
		}
	}
}

func TestStyledReason(t *testing.T) {
	typo := wire.StyledReason(wire.ReasonOf("NAME_CLOSE"))
	if typo.Group != "NAME" || typo.Actor != "BANK_CLERK" || typo.Retry == "" {
		t.Errorf("%+v", typo)
	}
	for number, code := range porukav1.Reason_Code_name {
		if r := wire.StyledReason(wire.ReasonOf(code)); number != 0 && (r.Code != code || strings.Contains(r.Group+r.Actor+r.Retry, "UNSPECIFIED")) {
			t.Errorf("%s: %+v", code, r)
		}
	}
}
