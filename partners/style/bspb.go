package style

import (
	"net/http"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// interactionID is the header of FAPI that bears the id of a request and is given back with the answer.
const interactionID = "x-fapi-interaction-id"

// BSPB is the dialect of Bank Saint-Petersburg: OpenID Connect claims as FAPI has them, a detached JWS, problems as in RFC 9457.
// Only the body is signed: the id may stand there as well, and must then be the same as in the header.
func BSPB() Dialect {
	return newTabled(shape{
		name: "bspb", syntax: jsonSyntax{}, media: []string{"application/json"},
		seal:   detachedJWS{verifier: signature.PS256(), header: "x-jws-signature"},
		fields: bspbFields(),
		echo:   interactionID,
		limits: limitHeaders{"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"},
		answer: answerWords{
			name: "confirmation_id", requestID: "interaction_id", outcome: "outcome",
			levelBefore: "assurance_level.before", levelAfter: "assurance_level.after", decidedAt: "decided_at", policy: "policy",
			dryRun: "dry_run", replayed: "replayed", receipt: "receipt",
			reasons: "reasons", id: uuid(), clock: bspbClock(),
			reason: reasonWords{"code", "group", "actor", "retry", "retry_after", "text_ru", "text_en"},
		},
		refusal: refusalWords{
			reason: "reason", fields: "errors", field: "field", fieldCode: "code", fieldText: "detail",
			facts: "facts", code: "code", requestID: "interaction_id",
		},
		envelope: envelope{media: "application/problem+json", write: bspbProblem, read: bspbRead},
	})
}

func bspbClock() form { return moments("as in 2026-07-01T09:00:00Z", time.UTC, time.RFC3339Nano) }

func bspbFields() []field {
	date := days("YYYY-MM-DD", "2006-01-02")
	return []field{
		{path: pathID, at: []string{"@" + interactionID, "interaction_id"}, form: uuid(), required: true},
		{path: pathSent, at: []string{"iat"}, form: seconds()},
		{path: pathFamilyName, at: []string{"family_name"}, form: plain()},
		{path: pathGivenName, at: []string{"given_name"}, form: plain()},
		{path: pathMiddleName, at: []string{"middle_name"}, form: plain()},
		{path: pathBirthDate, at: []string{"birthdate"}, form: date},
		{path: pathSex, at: []string{"gender"}, form: sexCoded(text, "male", "female")},
		{path: pathCitizenship, at: []string{"nationality"}, form: plain()},
		{path: pathSeries, at: []string{"document.series"}, form: plain()},
		{path: pathNumber, at: []string{"document.number"}, form: plain()},
		{path: pathIssueDate, at: []string{"document.date_of_issuance"}, form: date},
		{path: pathDepartmentCode, at: []string{"document.issuer.code"}, form: written(masked("000-000"))},
		{path: pathIssuer, at: []string{"document.issuer.name"}, form: plain()},
		{path: pathSNILS, at: []string{"snils"}, form: written(masked("00000000000"))},
		{path: pathINN, at: []string{"inn"}, form: plain()},
		{path: pathPhone, at: []string{"phone_number"}, form: written(phoneMasked("+70000000000"))},
		{path: pathEmail, at: []string{"email"}, form: plain()},
		{path: pathActive, at: []string{"account.status"}, required: true, form: coded(text, "must be Enabled, Disabled or Deleted",
			[2]string{"true", "Enabled"}, [2]string{"false", "Disabled"}, [2]string{"false", "Deleted"})},
		{path: pathBound, at: []string{"account.phone_number_bound"}, form: yesNo(), required: true},
		{path: pathMeans, at: []string{"amr"}, required: true, form: coded(text, "must be sms, app or face",
			[2]string{"SMS_CODE", "sms"}, [2]string{"APP", "app"}, [2]string{"BRANCH", "face"})},
		{path: pathAuthenticated, at: []string{"auth_time"}, form: seconds(), required: true},
		{path: pathConsent, at: []string{"consent.status"}, required: true, form: coded(text, "must be Authorised or Rejected",
			[2]string{"true", "Authorised"}, [2]string{"false", "Rejected"}, [2]string{"false", "Revoked"})},
		{path: pathConsentTime, at: []string{"consent.time"}, form: seconds()},
		{path: pathDryRun, at: []string{"dry_run"}, form: yesNo()},
	}
}

// Prefixes of the names in a problem: they are names, and lead nowhere.
const (
	problemType = "urn:poruka:reason:"
	problemCall = "urn:poruka:call:"
)

// bspbProblem writes the members of RFC 9457.
func bspbProblem(r Refusal, n *node) int {
	n.put("type", textNode(problemType+r.Reason.Code))
	n.put("title", textNode(http.StatusText(r.HTTPStatus)))
	n.put("status", wholeNode(r.HTTPStatus))
	n.put("detail", textNode(r.Reason.TextRU))
	if r.ID != "" {
		n.put("instance", textNode(problemCall+r.ID))
	}
	return r.HTTPStatus
}

func bspbRead(n node, r *Refusal) {
	if instance := n.textAt("instance"); len(instance) > len(problemCall) {
		r.ID = instance[len(problemCall):]
	}
}
