package style

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// Sberbank is the dialect of Sberbank: OpenID Connect names, a nested document, a request id of 32 hexadecimal digits, a compact JWS.
func Sberbank() Dialect {
	return newTabled(shape{
		name: "sberbank", syntax: jsonSyntax{}, media: []string{"application/jose"},
		seal:   compactJWS{verifier: signature.ES256()},
		fields: sberbankFields(),
		rules:  rules{ignoreUnknown: true, nullIsAbsent: true},
		echo:   "x-introspect-rquid",
		limits: limitHeaders{"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"},
		terms:  Terms{Deadline: 10 * time.Second},
		answer: sberbankAnswer(),
		refusal: refusalWords{
			reason: "reason", fields: "fields", field: "name", fieldCode: "code", fieldText: "text",
			facts: "facts", code: "status", logID: "errorId", requestID: "RqUID",
		},
		envelope: envelope{write: sberbankRefuse},
	})
}

func sberbankClock() form {
	return moments("as in 2026-07-01T12:00:00+03:00", moscow(), time.RFC3339Nano)
}

// oldDocument is how older programs of the bank spell the object of the passport. Within it they may also write names otherwise.
const oldDocument = "identificaton" //nolint:misspell // theirs

func sberbankFields() []field {
	date := days("YYYY-MM-DD", "2006-01-02", "2006.01.02")
	return []field{
		{path: pathID, at: []string{"@rquid", "@x-introspect-rquid", "RqUID"}, form: hex32(), required: true},
		{path: pathSent, at: []string{"RqTm"}, form: sberbankClock()},
		{path: pathFamilyName, at: []string{"family_name"}, form: plain()},
		{path: pathGivenName, at: []string{"given_name"}, form: plain()},
		{path: pathMiddleName, at: []string{"middle_name"}, form: plain()},
		{path: pathBirthDate, at: []string{"birthdate"}, form: date},
		{path: pathSex, at: []string{"gender"}, form: sexCoded(number, "1", "2")},
		{path: pathCitizenship, at: []string{"citizenship"}, form: plain()},
		{path: pathSeries, at: []string{"identification.series", oldDocument + ".series"}, form: written(masked("00 00"))},
		{path: pathNumber, at: []string{"identification.number", oldDocument + ".number"}, form: plain()},
		{path: pathIssuer, form: plain(), at: []string{
			"identification.issued_by", "identification.issuedBy", oldDocument + ".issued_by", oldDocument + ".issuedBy",
		}},
		{path: pathIssueDate, form: date, at: []string{
			"identification.issued_date", "identification.issuedDate", oldDocument + ".issued_date", oldDocument + ".issuedDate",
		}},
		{path: pathDepartmentCode, at: []string{"identification.code", oldDocument + ".code"}, form: written(masked("000-000"))},
		{path: pathSNILS, at: []string{"snils.number"}, form: written(masked("000-000-000 00"))},
		{path: pathINN, at: []string{"inn.number"}, form: plain()},
		{path: pathPhone, at: []string{"phone_number"}, form: written(phoneMasked("+7 (000) 0000000"))},
		{path: pathEmail, at: []string{"email"}, form: plain()},
		{path: pathActive, at: []string{"account.active"}, form: yesNo(), required: true},
		{path: pathBound, at: []string{"account.phone_linked"}, form: yesNo(), required: true},
		{path: pathMeans, at: []string{"authentication.method"}, required: true, form: coded(text, "must be SMS, SBOL or OFFICE",
			[2]string{"SMS_CODE", "SMS"}, [2]string{"APP", "SBOL"}, [2]string{"BRANCH", "OFFICE"})},
		{path: pathAuthenticated, at: []string{"authentication.time"}, form: sberbankClock(), required: true},
		{path: pathConsent, at: []string{"consent.given"}, form: yesNo(), required: true},
		{path: pathConsentTime, at: []string{"consent.time"}, form: sberbankClock()},
		{path: pathDryRun, at: []string{"dry_run"}, form: yesNo()},
	}
}

func sberbankAnswer() answerWords {
	return answerWords{
		name: "confirmation", requestID: "RqUID", outcome: "outcome", levelBefore: "level.before", levelAfter: "level.after",
		decidedAt: "decided_at", policy: "policy", dryRun: "dry_run", replayed: "replayed", receipt: "receipt",
		reasons: "reasons", id: hex32(), clock: sberbankClock(),
		reason: reasonWords{"code", "group", "actor", "retry", "delay", "text_ru", "text_en"},
	}
}

// sberbankRefuse writes {httpCode, httpMessage, moreInformation}: the reason and the fields at fault stand in the last, for people.
func sberbankRefuse(r Refusal, n *node) int {
	more := []string{r.Reason.Code + ": " + r.Reason.TextRU}
	for _, f := range r.Fields {
		more = append(more, f.Path+": "+f.Text)
	}
	n.put("httpCode", textNode(strconv.Itoa(r.HTTPStatus)))
	n.put("httpMessage", textNode(http.StatusText(r.HTTPStatus)))
	n.put("moreInformation", textNode(strings.Join(more, "; ")))
	return r.HTTPStatus
}
