package style

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// alfa is a sixth bank: all that it takes is this file, its vectors in testdata/alfa and an entry of the roster.
func alfa() Dialect {
	clock := moments("as in 2026-07-01T09:00:00Z", time.UTC, time.RFC3339Nano)
	date := days("YYYY-MM-DD", "2006-01-02")
	return newTabled(shape{
		name: "alfa", syntax: jsonSyntax{}, media: []string{"application/json"}, seal: unsigned{},
		fields: []field{
			{path: pathID, at: []string{"jti"}, form: uuid(), required: true},
			{path: pathSent, at: []string{"iat"}, form: seconds()},
			{path: pathFamilyName, at: []string{"claims.family_name"}, form: plain()},
			{path: pathGivenName, at: []string{"claims.given_name"}, form: plain()},
			{path: pathMiddleName, at: []string{"claims.middle_name"}, form: plain()},
			{path: pathBirthDate, at: []string{"claims.birthdate"}, form: date},
			{path: pathSex, at: []string{"claims.gender"}, form: sexCoded(text, "male", "female")},
			{path: pathCitizenship, at: []string{"claims.nationality"}, form: plain()},
			{path: pathSeries, at: []string{"claims.document.series"}, form: plain()},
			{path: pathNumber, at: []string{"claims.document.number"}, form: plain()},
			{path: pathIssueDate, at: []string{"claims.document.issued_at"}, form: date},
			{path: pathDepartmentCode, at: []string{"claims.document.division"}, form: written(masked("000-000"))},
			{path: pathIssuer, at: []string{"claims.document.issuer"}, form: plain()},
			{path: pathSNILS, at: []string{"claims.snils"}, form: written(masked("000-000-000 00"))},
			{path: pathINN, at: []string{"claims.inn"}, form: plain()},
			{path: pathPhone, at: []string{"claims.phone_number"}, form: written(phoneMasked("+70000000000"))},
			{path: pathEmail, at: []string{"claims.email"}, form: plain()},
			{path: pathActive, at: []string{"account.open"}, form: yesNo(), required: true},
			{path: pathBound, at: []string{"account.phone"}, form: yesNo(), required: true},
			{path: pathMeans, at: []string{"amr"}, required: true, form: coded(text, "must be otp, app or face",
				[2]string{"SMS_CODE", "otp"}, [2]string{"APP", "app"}, [2]string{"BRANCH", "face"})},
			{path: pathAuthenticated, at: []string{"auth_time"}, form: seconds(), required: true},
			{path: pathConsent, at: []string{"consent.given"}, form: yesNo(), required: true},
			{path: pathConsentTime, at: []string{"consent.at"}, form: clock},
			{path: pathDryRun, at: []string{"dry_run"}, form: yesNo()},
		},
		answer: answerWords{
			name: "sub", requestID: "jti", outcome: "result", levelBefore: "acr.before", levelAfter: "acr.after", decidedAt: "decided_at",
			policy: "policy", dryRun: "dry_run", replayed: "replayed", receipt: "receipt", reasons: "reasons", id: uuid(), clock: clock,
			reason: reasonWords{"code", "group", "actor", "retry", "retry_after", "text_ru", "text_en"},
		},
		refusal: refusalWords{
			reason: "reason", fields: "fields", field: "name", fieldCode: "code", fieldText: "text", facts: "facts", code: "status",
			logID: "error_id", requestID: "jti",
		},
		envelope: envelope{write: func(r Refusal, n *node) int {
			n.put("error", textNode(http.StatusText(r.HTTPStatus)))
			n.put("error_description", textNode(r.Reason.TextRU))
			return r.HTTPStatus
		}},
	})
}

func TestASixthBank(t *testing.T) {
	set := Standard().With(alfa())
	if want := []string{"alfa", "bspb", "pochtabank", "sberbank", "tinkoff", "vtb"}; !slices.Equal(set.Names(), want) {
		t.Fatalf("%v, want %v", set.Names(), want)
	}
	if _, ok := Standard().Find("alfa"); ok {
		t.Error("With has changed the set that it was called on")
	}
	if d, ok := set.Find("alfa"); !ok || d.Name() != "alfa" {
		t.Error("the sixth bank is not found")
	}
	if names := (Set{}).Names(); len(names) != 0 {
		t.Errorf("nobody is %v", names)
	}
}

func TestWithReplaces(t *testing.T) {
	other := VTB(swapped{})
	d, _ := Standard().With(other).Find("vtb")
	if d != other || len(Standard().With(other).Names()) != 5 {
		t.Error("the dialect of the same name is still there")
	}
}
