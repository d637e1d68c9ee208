package style

import (
	"strings"

	"github.com/poruka/poruka/partners/signature"
)

// VTB is the dialect of VTB: its own JSON, and a signature in a header. The bank signs with GOST where a module for it is at hand; the
// algorithm is whatever the verifier is, and Set.With puts such a dialect in the place of the standard one.
func VTB(verifier signature.Verifier) Dialect {
	return newTabled(shape{
		name: "vtb", syntax: jsonSyntax{}, media: []string{"application/json"},
		seal:   detachedPlain{verifier: verifier, header: "x-signature", keyHeader: "x-signature-key-id"},
		fields: vtbFields(),
		answer: answerWords{
			name: "result.confirmation", requestID: "requestId", outcome: "result.outcome",
			levelBefore: "result.levelBefore", levelAfter: "result.levelAfter", decidedAt: "result.decidedAt", policy: "result.policy",
			dryRun: "result.trial", replayed: "result.repeated", receipt: "result.receipt",
			reasons: "result.reasons", id: uuid(), clock: milliseconds(),
			reason: reasonWords{"code", "group", "actor", "retry", "delaySeconds", "messageRu", "messageEn"},
		},
		refusal: refusalWords{
			reason: "reason", fields: "fields", field: "field", fieldCode: "code", fieldText: "message",
			facts: "facts", code: "status", logID: "trace_id", requestID: "requestId",
		},
		envelope: envelope{write: vtbRefuse},
	})
}

func vtbFields() []field {
	date := days("DD.MM.YYYY or YYYY-MM-DD", "02.01.2006", "2006-01-02")
	return []field{
		{path: pathID, at: []string{"requestId"}, form: uuid(), required: true},
		{path: pathSent, at: []string{"timestamp"}, form: milliseconds()},
		{path: pathFamilyName, at: []string{"client.surname"}, form: plain()},
		{path: pathGivenName, at: []string{"client.name"}, form: plain()},
		{path: pathMiddleName, at: []string{"client.patronymic"}, form: plain()},
		{path: pathBirthDate, at: []string{"client.birthDate"}, form: date},
		{path: pathSex, at: []string{"client.sex"}, form: sexCoded(text, "M", "F")},
		{path: pathCitizenship, at: []string{"client.citizenship"}, form: plain()},
		{path: pathSeries, at: []string{"client.document.series"}, form: plain()},
		{path: pathNumber, at: []string{"client.document.number"}, form: plain()},
		{path: pathIssueDate, at: []string{"client.document.issueDate"}, form: date},
		{path: pathDepartmentCode, at: []string{"client.document.departmentCode"}, form: written(masked("000-000"))},
		{path: pathIssuer, at: []string{"client.document.issuedBy"}, form: plain()},
		{path: pathSNILS, at: []string{"client.snils"}, form: written(masked("000-000-000 00"))},
		{path: pathINN, at: []string{"client.inn"}, form: plain()},
		{path: pathPhone, at: []string{"client.mobile"}, form: written(phoneMasked("70000000000"))},
		{path: pathEmail, at: []string{"client.email"}, form: plain()},
		{path: pathActive, at: []string{"account.state"}, required: true, form: coded(text, "must be OPEN, ARRESTED or CLOSED",
			[2]string{"true", "OPEN"}, [2]string{"false", "CLOSED"}, [2]string{"false", "ARRESTED"})},
		{path: pathBound, at: []string{"account.mobileBound"}, form: yesNo(), required: true},
		{path: pathMeans, at: []string{"login.means"}, required: true, form: coded(text, "must be SMS, APP or OFFICE",
			[2]string{"SMS_CODE", "SMS"}, [2]string{"APP", "APP"}, [2]string{"BRANCH", "OFFICE"})},
		{path: pathAuthenticated, at: []string{"login.at"}, form: milliseconds(), required: true},
		{path: pathConsent, at: []string{"agreement.given"}, form: yesNo(), required: true},
		{path: pathConsentTime, at: []string{"agreement.at"}, form: milliseconds()},
		{path: pathDryRun, at: []string{"trial"}, form: yesNo()},
	}
}

// vtbRefuse writes {error_code, error}, as in the bank's older interfaces; the fields at fault follow in a list of their own.
func vtbRefuse(r Refusal, n *node) int {
	names := make([]string, 0, len(r.Fields))
	for _, f := range r.Fields {
		names = append(names, f.Path)
	}
	message := r.Reason.TextRU
	if len(names) > 0 {
		message += " (" + strings.Join(names, ", ") + ")"
	}
	n.put("error_code", textNode(r.Reason.Code))
	n.put("error", textNode(message))
	return r.HTTPStatus
}
