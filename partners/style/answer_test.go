package style

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func closeMatch() Answer {
	return Answer{
		Name: "confirmations/7c9e6679-7425-40de-944b-e07fc1f90ae7", RequestID: request().ID, Outcome: "CLOSE_MATCH",
		Reasons: []Reason{
			{
				Code: "NAME_CLOSE", Group: "NAME", Actor: "BANK_CLERK", Retry: "AFTER_FIX",
				TextRU: "Имя почти совпадает: проверьте «написание».", TextEN: "The name nearly matches: check the \"spelling\".",
			},
			{Code: "CHECK_IN_PROGRESS", Actor: "CUSTOMER", Retry: "AFTER_DELAY", DelaySeconds: 3600, TextRU: "Подождите.", TextEN: "Wait."},
		},
		LevelBefore: "STANDARD", LevelAfter: "STANDARD", DecidedAt: noon().Add(250 * time.Millisecond), Policy: "match/1",
		DryRun: true, Receipt: "poruka-receipt+AAAA/BBBB==", Limits: Limits{Limit: 20, Remaining: 7, Reset: 3 * time.Second},
	}
}

func confirmed() Answer {
	return Answer{
		Name: "confirmations/7c9e6679-7425-40de-944b-e07fc1f90ae7", RequestID: request().ID, Outcome: "CONFIRMED", LevelBefore: "STANDARD",
		LevelAfter: "CONFIRMED", DecidedAt: noon(), Policy: "match/1", Replayed: true, Receipt: "r",
	}
}

func fieldsRefused() Refusal {
	return Refusal{
		HTTPStatus: 400, Code: "INVALID_ARGUMENT", ID: "01J9Z", RequestID: request().ID,
		Reason: Reason{
			Code: "FIELD_FORMAT", Actor: "BANK_SYSTEM", Retry: "AFTER_FIX", TextRU: "Поле заполнено неверно.", TextEN: "A field is malformed.",
		},
		Fields: []Field{
			{Path: pathIssueDate, Reason: "FIELD_FORMAT", Text: "must not be in the future"},
			{Path: pathSNILS, Reason: "SNILS_CHECKSUM", Text: "the last two digits do not fit the first nine"},
		},
	}
}

func slowDown() Refusal {
	return Refusal{
		HTTPStatus: 429, Code: "RESOURCE_EXHAUSTED", ID: "01J9Z", RequestID: request().ID, Metadata: map[string]string{"server_time": "2026-07-01T09:00:00Z"},
		Reason: Reason{
			Code: "RATE_LIMIT", Actor: "BANK_SYSTEM", Retry: "AFTER_DELAY", DelaySeconds: 2, TextRU: "Слишком часто.", TextEN: "Too often.",
		},
		Limits: Limits{Limit: 20, Reset: 1500 * time.Millisecond},
	}
}

func refusals() map[string]Refusal {
	reason := func(code, retry string) Reason {
		return Reason{Code: code, Actor: "BANK_SYSTEM", Retry: retry, TextRU: "Текст.", TextEN: "A text."}
	}
	return map[string]Refusal{
		"fields":      fieldsRefused(),
		"limit":       slowDown(),
		"signature":   {HTTPStatus: 401, Code: "UNAUTHENTICATED", ID: "01J9Z", Reason: reason("SIGNATURE_KEY_UNKNOWN", "AFTER_FIX")},
		"denied":      {HTTPStatus: 403, Code: "PERMISSION_DENIED", ID: "01J9Z", Reason: reason("CERTIFICATE_NOT_YOURS", "AFTER_FIX")},
		"reused":      {HTTPStatus: 409, Code: "FAILED_PRECONDITION", ID: "01J9Z", Reason: reason("REQUEST_ID_REUSED", "NEVER")},
		"running":     {HTTPStatus: 409, Code: "ABORTED", ID: "01J9Z", Reason: reason("REQUEST_RUNNING", "SAME_ID")},
		"unavailable": {HTTPStatus: 503, Code: "UNAVAILABLE", ID: "01J9Z", Reason: reason("LEDGER_UNAVAILABLE", "SAME_ID")},
	}
}

// asked is what the bank has sent, as far as what goes back depends on it.
func asked(bank string) Message {
	header := map[string]Header{
		"sberbank": {"x-introspect-rquid": "0f8fad5bd9cb469fa16570867728950e"},
		"tinkoff":  {"x-request-id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
		"bspb":     {interactionID: request().ID},
	}
	return Message{Header: header[bank]}
}

// TestGoldenAnswers holds what each bank gets against testdata/<bank>/back.
func TestGoldenAnswers(t *testing.T) {
	for _, bank := range all().Names() {
		d, dir := dialect(t, bank), "testdata/"+bank+"/back/"
		golden(t, dir+"answer_close_match", printed(d.Answer(asked(bank), closeMatch())))
		golden(t, dir+"answer_confirmed", printed(d.Answer(asked(bank), confirmed())))
		for name, r := range refusals() {
			golden(t, dir+"refusal_"+name, printed(d.Refuse(asked(bank), r)))
		}
	}
}

// TestAnswersComeBack: the bank's side reads what was written, all of it.
func TestAnswersComeBack(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		for _, want := range []Answer{closeMatch(), confirmed()} {
			if d.limits.limit == "" {
				want.Limits = Limits{}
			}
			got, err := d.ReadAnswer(d.Answer(asked(bank), want))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, %v, want %+v", bank, got, err, want)
			}
		}
		for name, want := range refusals() {
			m := d.Refuse(asked(bank), want)
			want.HTTPStatus = m.Status
			if d.limits.limit == "" {
				want.Limits = Limits{}
			}
			want.Limits.Reset = want.Limits.Reset.Round(time.Second) // said in seconds
			got, err := d.ReadRefusal(m)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: %+v, %v, want %+v", bank, name, got, err, want)
			}
		}
	}
}

// TestRetryAfter: how long to wait stands where every HTTP client looks.
func TestRetryAfter(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		if got := d.Refuse(asked(bank), slowDown()).Header[retryAfter]; got != "2" {
			t.Errorf("%s: a refusal says %q", bank, got)
		}
		if got := d.Answer(asked(bank), closeMatch()).Header[retryAfter]; got != "3600" {
			t.Errorf("%s: an answer says %q", bank, got)
		}
		if got, ok := d.Answer(asked(bank), confirmed()).Header[retryAfter]; ok {
			t.Errorf("%s: a confirmation says %q", bank, got)
		}
	}
}

// TestFieldsHaveTheBanksNames: a clerk's program does not know ours.
func TestFieldsHaveTheBanksNames(t *testing.T) {
	for bank, want := range map[string][]string{
		"sberbank":   {"identification.issued_date", "snils.number"},
		"tinkoff":    {"passport.issueDate", "snils"},
		"vtb":        {"client.document.issueDate", "client.snils"},
		"pochtabank": {"Person.Document.issueDate", "Person.snils"},
		"bspb":       {"document.date_of_issuance", "snils"},
	} {
		body := string(dialect(t, bank).Refuse(asked(bank), fieldsRefused()).Body)
		for _, name := range want {
			if !strings.Contains(body, name) {
				t.Errorf("%s does not read %s in %s", bank, name, body)
			}
		}
		for _, ours := range []string{pathIssueDate, pathSNILS} {
			if strings.Contains(body, ours) {
				t.Errorf("%s reads our name %s", bank, ours)
			}
		}
	}
}

// TestOnlyIdsAreGivenBack: a header that a bank did not fill with an id must not come back with what it has put there.
func TestOnlyIdsAreGivenBack(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		if d.echo == "" {
			continue
		}
		in := Message{Header: Header{d.echo: "11223344595\r\nset-cookie: x"}}
		if got := d.Refuse(in, Refusal{HTTPStatus: 400}).Header[d.echo]; got != "" {
			t.Errorf("%s gives back %q", bank, got)
		}
	}
	if got := BSPB().Answer(Message{}, confirmed()).Header[interactionID]; got != request().ID {
		t.Errorf("the id of the body is given back as %q", got)
	}
}
