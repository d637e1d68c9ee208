package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestPathsThatLeadNowhere asks for what looks like a route. Nothing may be answered but what a bank gets under the plain path, and each
// refusal must stand in the audit.
func TestPathsThatLeadNowhere(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	wanted := map[string]refusal{}
	for _, path := range []string{
		"/", "//", "/v1", "/v1/", "/v2/caller", "/V1/caller", "/v1/Caller", "/v1/caller/", "//v1/caller", "/v1//caller", "/v1/caller//",
		"/./v1/caller", "/v1/./caller", "/v1/../v1/caller", "/v1/caller/..", "/v1/caller;x=1", "/v1/caller%20", "/v1/caller%00",
		"/v1%2fcaller", "/v1%2Fcaller", "/v1/caller%2f", "/%2e%2e/v1/caller", "/v1/caller.json", "/v1/caller:describe", "/v1/partners/vtb", "/v1/partners/vtb:", "/v1/partners/:suspend",
		"/v1/confirmations/x/y", "/v1/accounts/x/confirmations/y",
		"/poruka.v1.CallerService/DescribeCaller", "/metrics", "/livez", "/readyz", "/debug/pprof/", "/healthz", "/.well-known/x", "/favicon.ico",
		"/openapi.json/", "/openapi.yaml", "/docs.html", "/v1/" + strings.Repeat("a/", 2000), "/v1/caller\u202e", "/v1/caller%0d%0aX-A:%20b",
	} {
		rest := doorOf(t, g, "vtb")
		a := rest.call(http.MethodGet, path, "")
		if a.http != http.StatusNotFound || a.code != codes.Unimplemented || a.reason != "METHOD_UNKNOWN" {
			t.Errorf("%.60q: HTTP %d %s", path, a.http, a.body)
			continue
		}
		wanted[a.id] = refusal{"unknown", "bank", "vtb", "METHOD_UNKNOWN", "rest"}
		if len(path) > 8 && strings.Contains(a.body, strings.Trim(path, "/")) {
			t.Errorf("%.60q: comes back in the answer", path)
		}
	}
	unknown := rpc{methodNamed(t, porukav1.CallerService_DescribeCaller_FullMethodName)}
	for _, name := range []string{"/poruka.v1.CallerService/Nothing", "/poruka.v1.Nothing/Nothing", "/poruka.v2.CallerService/DescribeCaller"} {
		out := newMessage(t, unknown.Output())
		a := answerOf(t, out, g.Conn("vtb").Invoke(t.Context(), name, newMessage(t, unknown.Input()), out))
		if a.code != codes.Unimplemented || a.reason != "METHOD_UNKNOWN" {
			t.Errorf("%s: %s", name, a.refusedWith())
		}
		wanted[a.id] = refusal{"unknown", "bank", "vtb", "METHOD_UNKNOWN", "grpc"}
	}
	audited(t, g, wanted)
}

// TestEscapedPathsAreWhatTheyMean: a path that is the plain one, only written in escapes, is let through the same row of the table.
func TestEscapedPathsAreWhatTheyMean(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	for _, path := range []string{"/v1/%70artners", "/%76%31/partners", "/v1/partners%3F", "/v1/partners?", "/v1/p%61rtners?"} {
		bank := doorOf(t, g, "vtb")
		if a := bank.call(http.MethodGet, path, ""); a.http == http.StatusOK || strings.Contains(a.body, "sberbank") {
			t.Errorf("%s: a bank reads the partners", path)
		}
	}
}

// TestOddQueries is about parameters in the URL: none is ignored, none goes before the path, none may hold what is personal.
func TestOddQueries(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	const id = "0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e21"
	for _, c := range []struct {
		caller, target, field string
		http                  int
	}{
		{"compliance", "/v1/audit/records", "", http.StatusOK},
		{"compliance", "/v1/audit/records?pageSize=5&outcome=confirmed&bank=vtb", "", http.StatusOK},
		{"compliance", "/v1/audit/records?page_size=5&outcome=CONFIRMED", "", http.StatusOK},
		{"compliance", "/v1/audit/records?outcome=1", "", http.StatusOK},
		{"compliance", "/v1/audit/records?nothing=1", "nothing", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?PageSize=1", "PageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?records.name=1", "records.name", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?from.seconds=1", "from.seconds", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=1&pageSize=2", "pageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=1&page_size=2", "", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=many", "pageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=", "pageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=-1", "pageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageSize=4294967297", "pageSize", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?outcome=ANYTHING", "outcome", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?outcome=99", "outcome", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?from=yesterday", "from", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageToken=forged", "", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?pageToken=" + strings.Repeat("a", 300), "pageToken", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?bank=" + url.QueryEscape("'; DROP TABLE entries; --"), "bank", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?bank=%ff", "", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?%zz", "", http.StatusBadRequest},
		{"compliance", "/v1/audit/records?a;b", "", http.StatusBadRequest},
		{"compliance", "/v1/audit/report?format=xlsx", "format", http.StatusBadRequest},
		{"vtb", "/v1/confirmations/" + id + "?id=" + id, "id", http.StatusBadRequest},
		{"vtb", "/v1/confirmations/not-a-uuid", "id", http.StatusBadRequest},
		{"vtb", "/v1/confirmations/", "id", http.StatusBadRequest},
		{"vtb", "/v1/confirmations/x:withdraw:withdraw", "id", http.StatusBadRequest},
		{"vtb", "/v1/confirmations:byRequest?requestId=" + id + "&snils=112-233-445%2095", "snils", http.StatusBadRequest},
		{"vtb", "/v1/caller?role=operator", "role", http.StatusBadRequest},
		{"portal", "/v1/accounts:lookup?snils=112-233-445%2095", "", http.StatusMethodNotAllowed},
	} {
		rest := doorOf(t, g, c.caller)
		a := rest.call(http.MethodGet, c.target, "")
		if a.http != c.http {
			t.Errorf("%s: HTTP %d %s", c.target, a.http, a.body)
		}
		if c.field != "" && !slices.Contains(a.fields, c.field) {
			t.Errorf("%s: fields %q, want %s", c.target, a.fields, c.field)
		}
	}
	bank := doorOf(t, g, "vtb")
	if a := bank.call(http.MethodPost, "/v1/confirmations?dryRun=true", "{}"); a.http != http.StatusBadRequest {
		t.Errorf("a query beside a body: HTTP %d %s", a.http, a.body)
	}
}

// TestOddContentTypes: plain JSON is taken, and nothing else.
func TestOddContentTypes(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	rest := doorOf(t, g, "vtb")
	for kind, fine := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "application/json;charset=UTF-8": true, "Application/JSON": true,
		"": false, "text/plain": false, "text/json": false, "application/x-www-form-urlencoded": false, "multipart/form-data; boundary=x": false,
		"application/json; charset=koi8-r": false, "application/json; charset=utf-16": false, "application/xml": false, "application/grpc": false,
		"application/protobuf": false, "application/json, text/plain": false, "application/json; charset": false, "*/*": false,
		"application/jsonp": false, "application/problem+json": false, strings.Repeat("a", 4000): false,
	} {
		a := rest.call(http.MethodPost, "/v1/confirmations", `{"requestId":"x"}`, "Content-Type", kind)
		want := http.StatusUnsupportedMediaType
		if fine {
			want = http.StatusBadRequest
		}
		if a.http != want || a.reason != "FIELD_FORMAT" || slices.Contains(a.fields, "requestId") != fine {
			t.Errorf("%.60q: HTTP %d %s", kind, a.http, a.body)
		}
	}
	for _, packed := range []string{"gzip", "deflate", "br", "zstd", "gzip, gzip", "x-unknown"} {
		a := rest.call(http.MethodPost, "/v1/confirmations", `{"requestId":"x"}`, "Content-Encoding", packed)
		if a.http != http.StatusUnsupportedMediaType {
			t.Errorf("%s: HTTP %d %s", packed, a.http, a.body)
		}
	}
}

// TestSmuggling sends requests whose end two readers may see in different places. A request hidden behind must not be answered.
func TestSmuggling(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	const hidden = "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-Hidden: yes\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len("0\r\n\r\n"+hidden))
	for name, request := range map[string]string{
		"chunked and a length":        post("Transfer-Encoding: chunked\r\n"+length, "0\r\n\r\n"+hidden),
		"a length and chunked":        post(length+"Transfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden),
		"two lengths":                 post("Content-Length: 2\r\nContent-Length: 60\r\n", "{}"+hidden),
		"a length with a sign":        post("Content-Length: +2\r\n", "{}"+hidden),
		"a negative length":           post("Content-Length: -1\r\n", "{}"+hidden),
		"chunked, not spelled so":     post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+hidden),
		"chunked twice":               post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"+hidden),
		"chunked in a folded line":    post("Transfer-Encoding:\r\n chunked\r\n"+length, "0\r\n\r\n"+hidden),
		"blank before the colon":      post("Transfer-Encoding : chunked\r\n"+length, "0\r\n\r\n"+hidden),
		"a chunk size that is none":   post("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"+hidden),
		"a bare LF":                   strings.ReplaceAll(post("X-A: b\nX-B: c\n", ""), "\r\n", "\n")[:60] + "\x00\r\n\r\n" + hidden,
		"a NUL in a header":           "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-A: \x00\r\n\r\n" + hidden,
		"a header name with a blank":  "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX A: b\r\n\r\n" + hidden,
		"two hosts":                   "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nHost: operator\r\n\r\n" + hidden,
		"no host":                     "GET /v1/caller HTTP/1.1\r\n\r\n" + hidden,
		"a version that is none":      "GET /v1/caller HTTP/9.9\r\nHost: localhost\r\n\r\n" + hidden,
		"headers of 64 KiB":           "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n" + hidden,
		"ten thousand headers":        "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-A: b\r\n", 10_000) + "\r\n" + hidden,
		"HTTP/2 without its settings": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden,
	} {
		answers := http1(t, g, "vtb", request, 2)
		if len(answers) > 1 || len(answers) == 1 && answers[0].http == http.StatusOK {
			t.Errorf("%s: %d answers, the first HTTP %d", name, len(answers), answers[0].http)
		}
	}
}
