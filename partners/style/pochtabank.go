package style

import (
	"strings"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// pochtaNamespace is the namespace of everything that Pochta Bank sends and gets.
const pochtaNamespace = "urn:poruka:pochtabank:1"

// PochtaBank is the dialect of Pochta Bank: XML as in the state's exchange of messages, with a detached PKCS#7 signature in a header.
func PochtaBank() Dialect {
	syntax := xmlSyntax{
		namespace: pochtaNamespace, request: "ConfirmationRequest",
		items: map[string]string{"Reasons": "Reason", "Fields": "Field"},
	}
	return newTabled(shape{
		name: "pochtabank", root: syntax.request, syntax: syntax, media: []string{"application/xml", "text/xml"},
		seal:   detachedPKCS7{verifier: signature.ES256(), header: "x-signature-pkcs7"},
		fields: pochtaFields(),
		answer: answerWords{
			name: "ConfirmationID", requestID: "OriginalMessageID", outcome: "Outcome",
			levelBefore: "LevelBefore", levelAfter: "LevelAfter", decidedAt: "DecidedAt", policy: "Policy",
			dryRun: "DryRun", replayed: "Replayed", receipt: "Receipt",
			reasons: "Reasons", id: uuid(), clock: pochtaInstant(), root: "ConfirmationResponse",
			reason: reasonWords{"Code", "Group", "Actor", "Retry", "DelaySeconds", "TextRU", "TextEN"},
		},
		refusal: refusalWords{
			reason: "detail.Error", fields: "detail.Fields", field: "Name", fieldCode: "Code", fieldText: "Text",
			facts: "detail.Facts", code: "detail.Status", logID: "detail.CallID", requestID: "detail.OriginalMessageID", root: "Fault",
		},
		envelope: envelope{write: pochtaFault},
	})
}

// pochtaClock is how the bank writes times: in Moscow, in whole seconds. It may also write as XML Schema has it.
func pochtaClock() form {
	return moments("DD.MM.YYYY HH:MM:SS in Moscow", moscow(), "02.01.2006 15:04:05", time.RFC3339Nano)
}

// pochtaInstant is how it is answered: to the fraction of a second.
func pochtaInstant() form { return moments("of XML Schema", moscow(), time.RFC3339Nano) }

func pochtaFields() []field {
	date := days("DD.MM.YYYY", "02.01.2006")
	return []field{
		{path: pathID, at: []string{"MessageID"}, form: uuid(), required: true},
		{path: pathBank, at: []string{"Sender"}, form: constant("POCHTABANK")},
		{path: pathSent, at: []string{"SendingTimestamp"}, form: pochtaClock()},
		{path: pathFamilyName, at: []string{"Person.lastName"}, form: plain()},
		{path: pathGivenName, at: []string{"Person.firstName"}, form: plain()},
		{path: pathMiddleName, at: []string{"Person.middleName"}, form: plain()},
		{path: pathBirthDate, at: []string{"Person.birthDate"}, form: date},
		{path: pathSex, at: []string{"Person.gender"}, form: sexCoded(text, "M", "F")},
		{path: pathCitizenship, at: []string{"Person.citizenship"}, form: plain()},
		{path: pathSNILS, at: []string{"Person.snils"}, form: written(masked("000-000-000 00"))},
		{path: pathINN, at: []string{"Person.inn"}, form: plain()},
		{path: pathPhone, at: []string{"Person.mobile"}, form: written(phoneMasked("+7(000)0000000"))},
		{path: pathEmail, at: []string{"Person.email"}, form: plain()},
		{path: pathSeries, at: []string{"Person.Document.series"}, form: plain()},
		{path: pathNumber, at: []string{"Person.Document.number"}, form: plain()},
		{path: pathIssueDate, at: []string{"Person.Document.issueDate"}, form: date},
		{path: pathDepartmentCode, at: []string{"Person.Document.issueId"}, form: written(masked("000000"))},
		{path: pathIssuer, at: []string{"Person.Document.issuedBy"}, form: plain()},
		{path: pathActive, at: []string{"Account.active"}, form: yesNo(), required: true},
		{path: pathBound, at: []string{"Account.mobileBound"}, form: yesNo(), required: true},
		{path: pathMeans, at: []string{"Authentication.method"}, required: true, form: coded(text, "must be SMS, APP or OFFICE",
			[2]string{"SMS_CODE", "SMS"}, [2]string{"APP", "APP"}, [2]string{"BRANCH", "OFFICE"})},
		{path: pathAuthenticated, at: []string{"Authentication.time"}, form: pochtaClock(), required: true},
		{path: pathConsent, at: []string{"Consent.given"}, form: yesNo(), required: true},
		{path: pathConsentTime, at: []string{"Consent.time"}, form: pochtaClock()},
		{path: pathDryRun, at: []string{"DryRun"}, form: yesNo()},
	}
}

// pochtaFault writes a fault as in SOAP 1.1: whose fault it is and the reason, a text, and in `detail` all the rest.
func pochtaFault(r Refusal, n *node) int {
	side := "Server"
	if r.HTTPStatus < 500 {
		side = "Client"
	}
	code := side
	if r.Reason.Code != "" {
		code = strings.Join([]string{side, r.Reason.Code}, ".")
	}
	n.put("faultcode", textNode(code))
	n.put("faultstring", textNode(r.Reason.TextRU))
	return r.HTTPStatus
}
