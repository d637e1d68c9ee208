package style

import (
	"net/http"
	"strings"
	"time"
)

// Tinkoff is the dialect of T-Bank: OpenID Connect names, series and number of the passport in one text, bare numbers, no signature.
// X-Request-Id is for tracing and has no effect but to be given back; the request's id is in the body.
func Tinkoff() Dialect {
	return newTabled(shape{
		name: "tinkoff", syntax: jsonSyntax{}, media: []string{"application/json"},
		seal:   unsigned{},
		fields: tinkoffFields(),
		rules:  rules{ignoreUnknown: true, nullIsAbsent: true},
		echo:   "x-request-id",
		terms:  Terms{RequestsPerSecond: 20},
		answer: answerWords{
			name: "confirmationName", requestID: "requestId", outcome: "status", levelBefore: "levelBefore", levelAfter: "levelAfter",
			decidedAt: "decidedAt", policy: "policy", dryRun: "dryRun", replayed: "replayed", receipt: "receipt",
			reasons: "reasons", id: uuid(), clock: tinkoffClock(),
			reason: reasonWords{"code", "group", "actor", "retry", "delaySeconds", "textRu", "textEn"},
		},
		refusal:  refusalWords{reason: "reason", facts: "facts", code: "status", requestID: "requestId"},
		envelope: envelope{write: tinkoffRefuse, read: tinkoffRefusal},
		extra:    extra{headers: []string{ifMatch}, read: tinkoffRead, write: tinkoffWrite, answer: tinkoffTag},
	})
}

func tinkoffClock() form {
	return moments("as in 2026-07-01T09:00:00.000Z", time.UTC, "2006-01-02T15:04:05.000Z07:00", time.RFC3339Nano)
}

func tinkoffFields() []field {
	date := days("YYYY-MM-DD", "2006-01-02")
	return []field{
		{path: pathID, at: []string{"requestId"}, form: uuid(), required: true},
		{path: pathSent, at: []string{"sentAt"}, form: tinkoffClock()},
		{path: pathFamilyName, at: []string{"family_name"}, form: plain()},
		{path: pathGivenName, at: []string{"given_name"}, form: plain()},
		{path: pathMiddleName, at: []string{"middle_name"}, form: plain()},
		{path: pathBirthDate, at: []string{"birthdate"}, form: date},
		{path: pathSex, at: []string{"gender"}, form: sexCoded(text, "male", "female")},
		{path: pathCitizenship, at: []string{"passport.citizenship"}, form: citizenship()},
		{path: pathNumber, at: []string{"passport.serialNumber"}, form: plain(), also: pathSeries},
		{path: pathIssuer, at: []string{"passport.unitName"}, form: plain()},
		{path: pathIssueDate, at: []string{"passport.issueDate"}, form: date},
		{path: pathDepartmentCode, at: []string{"passport.unitCode"}, form: written(masked("000-000"))},
		{path: pathSNILS, at: []string{"snils"}, form: written(masked("00000000000"))},
		{path: pathINN, at: []string{"inn"}, form: plain()},
		{path: pathPhone, at: []string{"phone_number"}, form: written(phoneMasked("+70000000000"))},
		{path: pathBound, at: []string{"phone_number_verified"}, form: yesNo(), required: true},
		{path: pathEmail, at: []string{"email"}, form: plain()},
		{path: pathActive, at: []string{"account.status"}, required: true, form: coded(text, "must be ACTIVE, BLOCKED or CLOSED",
			[2]string{"true", "ACTIVE"}, [2]string{"false", "BLOCKED"}, [2]string{"false", "CLOSED"})},
		{path: pathMeans, at: []string{"authentication.type"}, required: true, form: coded(text, "must be SMS, MOBILE_APP or MEETING",
			[2]string{"SMS_CODE", "SMS"}, [2]string{"APP", "MOBILE_APP"}, [2]string{"BRANCH", "MEETING"})},
		{path: pathAuthenticated, at: []string{"authentication.authenticatedAt"}, form: tinkoffClock(), required: true},
		{path: pathConsent, at: []string{"consent.granted"}, form: yesNo(), required: true},
		{path: pathConsentTime, at: []string{"consent.grantedAt"}, form: tinkoffClock()},
		{path: pathDryRun, at: []string{"dryRun"}, form: yesNo()},
	}
}

// citizenship is РФ for Russia, and else the code of the native API.
func citizenship() form {
	return form{
		kind: text, wants: "must be text",
		read: func(value string) (string, bool) {
			if strings.EqualFold(value, "РФ") || strings.EqualFold(value, "Россия") {
				return "RUS", true
			}
			return value, true
		},
		write: func(value string) (string, bool) {
			if value == "RUS" {
				return "РФ", true
			}
			return value, true
		},
	}
}

// tinkoffRead takes the passport apart, and looks at If-Match before anything is decided.
func tinkoffRead(in Message, r *Request) []Field {
	flaws := weighTag(in.Header[ifMatch], r.ID)
	p := &r.Person.Passport
	if !isRussian(r) {
		if series, rest, ok := strings.Cut(p.Number, " "); ok {
			p.Series, p.Number = series, rest
		}
		return flaws
	}
	digits := digitsOf(p.Number)
	switch {
	case p.Number == "":
	case len(digits) != 10 || strings.ContainsFunc(p.Number, isNoMask):
		flaws = append(flaws, Field{Path: pathNumber, Reason: fieldFormat, Text: "must have 10 digits, the series and the number"})
	default:
		p.Series, p.Number = digits[:4], digits[4:]
	}
	return flaws
}

// tinkoffWrite joins the passport: ten digits, or a foreign document's series and number with a blank between them.
func tinkoffWrite(r *Request) {
	p := &r.Person.Passport
	bare := strings.NewReplacer(" ", "", "№", "")
	series, between := bare.Replace(p.Series), ""
	if series != "" && !isRussian(r) {
		between = " "
	}
	p.Series, p.Number = "", series+between+bare.Replace(p.Number)
}

func isRussian(r *Request) bool { return r.Person.Citizenship == "" || r.Person.Citizenship == "RUS" }

// tinkoffRefuse writes {errorId, errorMessage, errorCode, errorDetails{field: text}}. In the text the reason of the field comes first.
func tinkoffRefuse(r Refusal, n *node) int {
	code, status := tinkoffCode(r)
	n.put("errorId", textNode(r.ID))
	n.put("errorMessage", textNode(r.Reason.TextRU))
	n.put("errorCode", textNode(code))
	details := node{kind: object}
	for _, f := range r.Fields { // a name with dots in it is one name here
		details.members = append(details.members, member{f.Path, textNode(f.Reason + ": " + f.Text)})
	}
	n.put("errorDetails", details)
	return status
}

func tinkoffRefusal(n node, r *Refusal) {
	r.ID = n.textAt("errorId")
	for _, m := range n.find("errorDetails").members {
		code, text, _ := strings.Cut(m.node.text, ": ")
		r.Fields = append(r.Fields, Field{Path: m.name, Reason: code, Text: text})
	}
}

// tinkoffCode gives the bank's code and status. It has six: what can be repeated with the same id comes as one that its programs
// repeat, and Retry-After says when.
func tinkoffCode(r Refusal) (string, int) {
	switch r.Reason.Code {
	case staleTag:
		return "INVALID_DATA", http.StatusUnprocessableEntity
	case "REQUEST_TOO_LARGE": // which no repeating helps
		return "VALIDATION_ERROR", http.StatusBadRequest
	}
	switch r.Code {
	case "INVALID_ARGUMENT", "OUT_OF_RANGE":
		return "VALIDATION_ERROR", http.StatusBadRequest
	case "UNAUTHENTICATED":
		return "UNAUTHORIZED", http.StatusUnauthorized
	case "PERMISSION_DENIED":
		return "FORBIDDEN", http.StatusForbidden
	case "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "UNIMPLEMENTED":
		return "INVALID_DATA", http.StatusUnprocessableEntity
	case "RESOURCE_EXHAUSTED", "ABORTED":
		return "TOO_MANY_REQUESTS", http.StatusTooManyRequests
	default:
		return "INTERNAL_ERROR", http.StatusInternalServerError
	}
}
