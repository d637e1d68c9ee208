package check_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/style"
)

// mistake is something that a gateway does wrong, the case that is meant to see it, and what the case says of it.
type mistake struct {
	name, bank, seenBy, line string
	sabotage
}

func refusedFor(reason string, change func(r *style.Refusal)) sabotage {
	return sabotage{refusal: func(_ style.Message, r *style.Refusal) {
		if r.Reason.Code == reason {
			change(r)
		}
	}}
}

func without(header string) sabotage {
	return sabotage{message: func(_ *http.Request, m *style.Message) { delete(m.Header, header) }}
}

func unmarked(_ style.Message, a *style.Answer) { a.Replayed = false }

func insteadOf(reason string, answer style.Answer) sabotage {
	return sabotage{refuses: func(_ style.Message, r style.Refusal) *style.Answer {
		if r.Reason.Code != reason {
			return nil
		}
		answer := answer
		answer.RequestID = r.RequestID
		return &answer
	}}
}

func replaced(path, old, by string) sabotage {
	return sabotage{message: func(r *http.Request, m *style.Message) {
		if strings.HasPrefix(r.URL.Path, path) {
			m.Body = bytes.ReplaceAll(m.Body, []byte(old), []byte(by))
		}
	}}
}

func mistakes() []mistake {
	good := style.Answer{Name: "confirmations/00000000-0000-8000-8000-000000000001", Outcome: "CONFIRMED", Receipt: "r"}
	replayed := good
	replayed.Replayed = true
	var names atomic.Int64
	return []mistake{
		{
			"answers another outcome", "tinkoff", "valid", "wanted CONFIRMED; came NOT_MATCHED",
			sabotage{answer: func(_ style.Message, a *style.Answer) { a.Outcome = "NOT_MATCHED" }},
		},
		{
			"gives no receipt", "vtb", "valid", "wanted CONFIRMED with a name and a receipt; came one without",
			sabotage{answer: func(_ style.Message, a *style.Answer) { a.Receipt = "" }},
		},
		{
			"answers under another id", "bspb", "close-match", "wanted CLOSE_MATCH for NAME_CLOSE with the id of its request; came one with another id",
			sabotage{answer: func(_ style.Message, a *style.Answer) { a.RequestID = "11111111-2222-4333-8444-555555555555" }},
		},
		{
			"forgets what the bank may send", "sberbank", "valid", "wanted CONFIRMED with a number in the header x-rate-limit-remaining; came one without it",
			without("x-rate-limit-remaining"),
		},
		{"drops the mark of a replay", "sberbank", "replay", "second: wanted CONFIRMED, marked as given before; came CONFIRMED", sabotage{answer: unmarked}},
		{"decides twice", "vtb", "twice-at-once", "wanted one answer that is not marked as given before; came two", sabotage{answer: unmarked}},
		{
			"takes a used id", "pochtabank", "id-reused", "with another body: wanted HTTP 409, refused for REQUEST_ID_REUSED; came CONFIRMED, marked as given before",
			insteadOf("REQUEST_ID_REUSED", replayed),
		},
		{
			"gives a replay another name", "bspb", "answer-lost", "wanted the name that the look-up has told; came another",
			sabotage{answer: func(_ style.Message, a *style.Answer) {
				a.Name = "confirmations/00000000-0000-8000-8000-00000000000" + string(rune('0'+names.Add(1)%10))
			}},
		},
		{
			"forgets Retry-After", "tinkoff", "rate-limit", "wanted HTTP 429, refused for RATE_LIMIT with a whole number of seconds in Retry-After; came one without it",
			without("retry-after"),
		},
		{
			"forgets the bank's own header when there is too much", "bspb", "rate-limit",
			"wanted HTTP 429, refused for RATE_LIMIT with a number in the header ratelimit-reset; came one without it", without("ratelimit-reset"),
		},
		{
			"errs in the native envelope", "sberbank", "snils-checksum",
			"wanted HTTP 400, refused for SNILS_CHECKSUM; came HTTP 400 with a body that is not in the bank's form",
			sabotage{message: func(_ *http.Request, m *style.Message) {
				if m.Status == http.StatusBadRequest {
					m.Body = []byte(`{"code":3,"message":"malformed","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SNILS_CHECKSUM","domain":"poruka"}]}`)
				}
			}},
		},
		{
			"calls a field by its native name", "vtb", "snils-checksum",
			"wanted HTTP 400, refused for SNILS_CHECKSUM, naming the field client.snils; came one that does not name it",
			replaced("/v1/banks/", "client.snils", "person.snils"),
		},
		{
			"tells the wrong step of a signature", "bspb", "signature-digest",
			"wanted HTTP 401, refused for SIGNATURE_DIGEST_DIFFERS; came HTTP 401, refused for SIGNATURE_KEY_UNKNOWN",
			refusedFor("SIGNATURE_DIGEST_DIFFERS", func(r *style.Refusal) { r.Reason.Code = "SIGNATURE_KEY_UNKNOWN" }),
		},
		{
			"checks no signature", "pochtabank", "signature-malformed", "wanted HTTP 401, refused for SIGNATURE_MALFORMED; came CONFIRMED",
			insteadOf("SIGNATURE_MALFORMED", good),
		},
		{"takes an old request", "sberbank", "stale", "wanted HTTP 400, refused for REQUEST_TOO_OLD; came CONFIRMED", insteadOf("REQUEST_TOO_OLD", good)},
		{
			"does not know the old key", "sberbank", "old-key",
			"wanted CONFIRMED, marked as given before; came HTTP 400, refused for FIELD_FORMAT in person.passport.series",
			sabotage{declines: oldKeyForgotten},
		},
		{"lets everybody in", "tinkoff", "certificate-self-signed", "wanted the end of the TLS handshake; came an answer, HTTP 200", sabotage{open: true}},
		{"asks for no certificate", "tinkoff", "certificate-missing", "wanted the end of the TLS handshake; came an answer, HTTP 200", sabotage{open: true}},
		{
			"minds no doors", "tinkoff", "other-bank", "wanted HTTP 403, refused for CERTIFICATE_NOT_YOURS; came HTTP 200",
			sabotage{message: func(_ *http.Request, m *style.Message) {
				if m.Status == http.StatusForbidden {
					m.Status = http.StatusOK
				}
			}},
		},
		{"hangs up on large bodies", "vtb", "body-too-large", "the connection broke", sabotage{hangsUp: true}},
		{
			"has stored what it says it has not", "vtb", "unavailable", "wanted a look-up that says UNKNOWN; came DECIDED",
			replaced("/v1/confirmations:byRequest", `"UNKNOWN"`, `"DECIDED"`),
		},
		{"drops the tags", "tinkoff", "if-match", "wanted CONFIRMED with a tag in ETag; came one without it", without("etag")},
		{"has another time", "vtb", "clock", "wanted a clock not more than 30 s from the gateway's; came one 1h0m0s from it", sabotage{message: anHourAhead}},
	}
}

// anHourAhead tells another time.
func anHourAhead(r *http.Request, m *style.Message) {
	var about map[string]any
	if r.URL.Path != "/v1/caller" || json.Unmarshal(m.Body, &about) != nil {
		return
	}
	about["serverTime"] = time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano)
	m.Body, _ = json.Marshal(about)
}

// oldKeyForgotten refuses what is written under the old key.
func oldKeyForgotten(in style.Message, _ *style.Answer) *style.Refusal {
	_, rest, _ := bytes.Cut(in.Body, []byte("."))
	payload, _, _ := bytes.Cut(rest, []byte("."))
	content, err := base64.RawURLEncoding.DecodeString(string(payload))
	if err != nil || !bytes.Contains(content, []byte("identificaton\"")) { //nolint:misspell // so the bank has it
		return nil
	}
	return &style.Refusal{
		HTTPStatus: http.StatusBadRequest, Code: "INVALID_ARGUMENT", Reason: style.Reason{Code: "FIELD_FORMAT"},
		Fields: []style.Field{{Path: "person.passport.series", Reason: "FIELD_FORMAT", Text: "is required"}},
	}
}

func TestEveryMistakeIsSeen(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true})
	for _, m := range mistakes() {
		t.Run(m.name, func(t *testing.T) {
			cfg := behind(t, g, m.bank, m.sabotage)
			cases := slices.DeleteFunc(check.Cases(cfg), func(c check.Case) bool { return c.ID != m.seenBy })
			if len(cases) != 1 {
				t.Fatalf("no case %s of %s", m.seenBy, m.bank)
			}
			results, _ := played(t, cfg, cases)
			if results[0].Passed || results[0].Detail != m.line {
				t.Errorf("passed %v: %q\nwant %q", results[0].Passed, results[0].Detail, m.line)
			}
		})
	}
}

// Without a mistake there is nothing to see: it is not the proxy that fails.
func TestAProxyAloneIsNoMistake(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true})
	for _, name := range style.Standard().Names() {
		cfg := behind(t, g, name, sabotage{message: func(*http.Request, *style.Message) {}})
		results, _ := played(t, cfg, check.Cases(cfg))
		for _, r := range results {
			if !r.Passed {
				t.Errorf("%s: %s: %s", name, r.ID, r.Detail)
			}
		}
	}
}

// TestLinesHoldNoPersonsData lets a gateway put persons' data wherever it can.
func TestLinesHoldNoPersonsData(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Sandbox: true})
	person := magic.All()[0].Claim
	secrets := []string{person.FamilyName, person.SNILS, person.MobilePhone, person.Email, person.Passport.Number, "999-001"}
	spill := strings.Join(secrets, " ")
	for _, name := range style.Standard().Names() {
		cfg := behind(t, g, name, sabotage{
			answer: func(_ style.Message, a *style.Answer) {
				a.Outcome, a.Reasons = spill, []style.Reason{{Code: spill, TextRU: spill, TextEN: spill}}
			},
			refusal: func(_ style.Message, r *style.Refusal) {
				r.Reason.Code, r.Reason.TextRU, r.ID = spill, spill, spill
				r.Fields = append(r.Fields, style.Field{Path: spill, Reason: spill, Text: spill})
			},
		})
		results, bank := played(t, cfg, check.Cases(cfg))
		failed := 0
		for _, r := range results {
			if !r.Passed {
				failed++
			}
		}
		if failed < 25 {
			t.Errorf("%s: only %d cases fail", name, failed)
		}
		report, err := json.Marshal(check.NewReport(bank, check.About{}, cfg.Clock(), true, results))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(report, []byte(secret)) {
				t.Errorf("%s: the report holds a person's data: %s", name, secret)
			}
		}
	}
}
