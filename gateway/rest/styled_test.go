package rest_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// plainOfVTB gives vtb the invented dialect, and nobody else any.
type plainOfVTB struct{}

func (plainOfVTB) Of(bank partners.ID) (style.Dialect, bool) {
	return chaintest.Plain{}, bank == "vtb"
}

var vtbStands = style.Limits{Limit: 10, Remaining: 4, Reset: 600 * time.Millisecond}

func (plainOfVTB) Standing(bank partners.ID) style.Limits {
	if bank != "vtb" {
		panic("nobody else is asked for")
	}
	return vtbStands
}

const styledPath = "/v1/banks/vtb/confirmations"

func TestStyledCall(t *testing.T) {
	d := chaintest.New(t)
	var got *porukav1.ConfirmStyledRequest
	var md metadata.MD
	var status int32
	d.Services.Styled = func(ctx context.Context, r *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
		got = r
		md, _ = metadata.FromIncomingContext(ctx)
		header := func(name, value string) *porukav1.StyledHeader {
			return &porukav1.StyledHeader{Name: name, Value: value}
		}
		return &porukav1.ConfirmStyledResponse{
			ContentType: "text/plain; charset=utf-8", Body: []byte("<да/>\x00"), HttpStatus: status,
			Headers: []*porukav1.StyledHeader{
				header("x-plain-echo", "1"), header("x-split", "1\r\nSet-Cookie: a=b"), header("bad name", "1"), header("set-cookie", "a=b"),
				header("content-length", "1"), header("transfer-encoding", "chunked"), header("x-request-id", "theirs"),
				header("cache-control", "public"), header("content-type", "text/html"), header("connection", "close"),
			},
		}, nil
	}
	base := serve(t, d)
	for told, want := range map[int32]int{0: 200, 200: 200, 422: 422, 99: 200, 600: 200} {
		status = told
		http2 := told == 0
		body := "\xff\x00 <any bytes>"
		a := ask(t, client(t, d, http2, d.Client(t, "bank/vtb")), http.MethodPost, base+styledPath, body,
			"Content-Type", "application/anything", "X-Plain-Echo", "1", "X-Other", "2", "Authorization", "Bearer x",
			"Grpc-Metadata-Caller", "operator", "Grpc-Metadata-X-Plain-Signature", "3", "Cookie", "a=b", "X-Forwarded-For", "::1")
		if a.status != want || a.body != "<да/>\x00" || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Fatalf("%d %v %q", a.status, a.header, a.body)
		}
		if got.GetBank() != "vtb" || string(got.GetBody()) != body || got.GetContentType() != "application/anything" {
			t.Errorf("the handler got %v", got)
		}
		if len(got.GetHeaders()) != 1 || got.GetHeaders()[0].GetName() != "x-plain-echo" || got.GetHeaders()[0].GetValue() != "1" || len(md) > 0 {
			t.Errorf("the handler got the headers %v, %v", got.GetHeaders(), md)
		}
		names := slices.Sorted(maps.Keys(a.header))
		want := []string{
			"Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type", "Date", "Referrer-Policy", "Strict-Transport-Security",
			"X-Content-Type-Options", "X-Plain-Echo", "X-Request-Id",
		}
		if !slices.Equal(names, want) || a.header.Get("Cache-Control") != "no-store" || len(a.header.Get("X-Request-Id")) != 36 {
			t.Errorf("headers %v", a.header)
		}
	}
}

// A header that is there twice is not chosen from: who is called decides.
func TestStyledHeaderTwice(t *testing.T) {
	d := chaintest.New(t)
	var got []*porukav1.StyledHeader
	d.Services.Styled = func(_ context.Context, r *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
		got = r.GetHeaders()
		return &porukav1.ConfirmStyledResponse{}, nil
	}
	ask(t, client(t, d, true, d.Client(t, "bank/vtb")), http.MethodPost, serve(t, d)+styledPath, "x", "X-Plain-Echo", "1", "X-Plain-Echo", "2")
	if len(got) != 2 || got[0].GetValue() != "1" || got[1].GetValue() != "2" {
		t.Errorf("the handler got %v", got)
	}
}

// reread reads an error in the invented dialect.
func (a answer) reread(t *testing.T) (style.Refusal, style.Message) {
	t.Helper()
	r, in, err := chaintest.Plain{}.Reread(style.Message{Body: []byte(a.body)})
	if err != nil || a.header.Get("Content-Type") != chaintest.PlainType || a.status != 422 {
		t.Fatalf("%d %v is not in the dialect: %s", a.status, a.header, a.body)
	}
	if r.ID == "" || r.ID != a.header.Get("X-Request-Id") || r.Reason.TextRU == "" || r.Reason.TextEN == "" || r.Reason.Retry == "" {
		t.Errorf("not whole: %+v", r)
	}
	return r, in
}

func TestStyledErrors(t *testing.T) {
	d := chaintest.New(t)
	var result error
	const theirID = "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"
	d.Services.Styled = func(ctx context.Context, _ *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
		if result == nil {
			panic("pq: relation accounts, host store-one")
		}
		if err := grpc.SetTrailer(ctx, metadata.Pairs(wire.StyledRequestIDHeader, theirID)); err != nil {
			t.Error(err)
		}
		return nil, result
	}
	url := serve(t, d) + styledPath
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	for _, x := range []struct {
		err        error
		status     int
		reason     string
		retryAfter string
	}{
		{fault.New(fault.Precondition, fault.RequestIDReused), 409, "REQUEST_ID_REUSED", ""},
		{fault.New(fault.Exhausted, fault.AttemptsExhausted).After(61500 * time.Millisecond), 429, "ATTEMPTS_EXHAUSTED", "62"},
		{fault.New(fault.Unavailable, fault.ShuttingDown), 503, "SHUTTING_DOWN", ""},
		{fault.InvalidFields(fault.Violation{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "check digits"}), 400, "SNILS_CHECKSUM", ""},
		{fault.InvalidFields(fault.Violation{Field: "contentType", Reason: fault.FieldFormat}), 415, "FIELD_FORMAT", ""},
		{fault.InvalidFields(fault.Violation{Field: "Content-Type", Reason: fault.FieldFormat}), 415, "FIELD_FORMAT", ""},
		{fault.New(fault.Unauthenticated, fault.SignatureDigestDiffers), 401, "SIGNATURE_DIGEST_DIFFERS", ""},
		{fault.New(fault.Invalid, fault.RequestTooOld).With("server_time", "2026"), 400, "REQUEST_TOO_OLD", ""},
		{context.DeadlineExceeded, 504, "DEADLINE", ""},
		{errors.New("pq: relation accounts, host store-one"), 500, "INTERNAL", ""},
		{nil, 500, "INTERNAL", ""},
	} {
		result = x.err
		a := ask(t, c, http.MethodPost, url, "body", "Content-Type", "a/b", "X-Plain-Echo", "7")
		r, in := a.reread(t)
		if r.HTTPStatus != x.status || r.Reason.Code != x.reason || r.Limits != vtbStands || string(in.Body) != "body" || in.ContentType != "a/b" {
			t.Errorf("%s: %+v %+v", x.reason, r, in)
		}
		if (r.RequestID == theirID) != (x.err != nil) {
			t.Errorf("%s: the bank's id %q", x.reason, r.RequestID)
		}
		if a.header.Get("Retry-After") != x.retryAfter || a.header.Get("X-Plain-Echo") != "7" || a.header.Get("X-Styled-Request-Id") != "" {
			t.Errorf("%s: headers %v", x.reason, a.header)
		}
		if challenge := a.header.Get("Www-Authenticate"); (x.status == http.StatusUnauthorized) != (challenge == `Mutual realm="poruka"`) {
			t.Errorf("%s: challenge %q", x.reason, challenge)
		}
		for _, secret := range []string{"pq:", "store-one", "goroutine", ".go:"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s: %q is told: %s", x.reason, secret, a.body)
			}
		}
	}
}

// What the chain refuses before it reads anything is told in the dialect, which is then given nothing that was sent.
func TestStyledRefusalsOfTheChain(t *testing.T) {
	for name, x := range map[string]struct {
		caller string
		spoil  func(*chaintest.Door)
		status int
		reason string
		limits bool
	}{
		"suspended": {"bank/vtb", func(d *chaintest.Door) { d.Banks.Refuse("vtb", chaintest.Inactive()) }, 403, "PARTNER_INACTIVE", true},
		"too many":  {"bank/vtb", func(d *chaintest.Door) { d.Limiter.Full = true }, 429, "RATE_LIMIT", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := chaintest.New(t)
			x.spoil(d)
			a := ask(t, client(t, d, true, d.Client(t, x.caller)), http.MethodPost, serve(t, d)+styledPath, "secret", "X-Plain-Echo", "7")
			r, in := a.reread(t)
			if r.HTTPStatus != x.status || r.Reason.Code != x.reason || r.RequestID != "" {
				t.Errorf("%+v", r)
			}
			if len(in.Body) > 0 || len(in.Header) > 0 {
				t.Errorf("the dialect was given %+v", in)
			}
			if (r.Limits == vtbStands) != x.limits || !x.limits && r.Limits != (style.Limits{}) {
				t.Errorf("limits %+v", r.Limits)
			}
		})
	}
}

// To anybody but the bank itself, a bank's door looks like that of a bank that is none, whatever is sent to it.
func TestStyledDoorOfAnother(t *testing.T) {
	for name, x := range map[string]struct {
		caller string
		spoil  func(*chaintest.Door)
		status int
		reason string
	}{
		"another bank":            {"bank/sberbank", func(*chaintest.Door) {}, 403, "CERTIFICATE_NOT_YOURS"},
		"another role":            {"portal", func(*chaintest.Door) {}, 403, "ACCESS_DENIED"},
		"too many of another one": {"bank/sberbank", func(d *chaintest.Door) { d.Limiter.Full = true }, 429, "RATE_LIMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			d := chaintest.New(t)
			d.Services.Styled = func(_ context.Context, r *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
				if len(r.GetHeaders()) > 0 {
					t.Errorf("the headers of the dialect were read: %v", r.GetHeaders())
				}
				return nil, fault.New(fault.Denied, fault.CertificateNotYours)
			}
			x.spoil(d)
			base, c := serve(t, d), client(t, d, true, d.Client(t, x.caller))
			for _, headers := range [][]string{nil, {"X-Plain-Echo", "7"}, {"X-Plain-Echo", strings.Repeat("7", 8000)}} {
				known := ask(t, c, http.MethodPost, base+styledPath, "secret", headers...)
				none := ask(t, c, http.MethodPost, base+strings.Replace(styledPath, "vtb", "nobody", 1), "secret", headers...)
				for _, a := range []*answer{&known, &none} {
					id := a.header.Get("X-Request-Id")
					a.body = strings.ReplaceAll(a.body, id, "")
					a.header.Del("X-Request-Id")
					a.header.Del("Date")
				}
				if known.status != x.status || !strings.Contains(known.body, x.reason) {
					t.Errorf("HTTP %d %s", known.status, known.body)
				}
				if known.status != none.status || known.body != none.body || !maps.EqualFunc(known.header, none.header, slices.Equal) {
					t.Errorf("a bank: %d %v %s\nnone:   %d %v %s", known.status, known.header, known.body, none.status, none.header, none.body)
				}
			}
		})
	}
}

// A connection outlives its certificate; what is called on it is refused in the dialect, which is told nothing.
func TestStyledRevoked(t *testing.T) {
	d := chaintest.New(t)
	certificate := d.Client(t, "bank/vtb")
	base, c := serve(t, d), client(t, d, true, certificate)
	ask(t, c, http.MethodGet, base+"/v1/caller", "")
	d.Revoke(t, certificate)
	a := ask(t, c, http.MethodPost, base+styledPath, "secret")
	r, in := a.reread(t)
	if r.HTTPStatus != http.StatusUnauthorized || r.Reason.Code != "CERTIFICATE_REVOKED" || r.Limits != (style.Limits{}) || len(in.Body) > 0 {
		t.Errorf("%+v %+v", r, in)
	}
	if a.header.Get("Www-Authenticate") != `Mutual realm="poruka"` {
		t.Errorf("headers %v", a.header)
	}
}

func TestStyledBodies(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Styled = func(context.Context, *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
		t.Error("the handler was reached")
		return &porukav1.ConfirmStyledResponse{}, nil
	}
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	for name, x := range map[string]struct {
		path, body string
		headers    []string
		status     int
		reason     string
		field      string
	}{
		"too large":      {"", strings.Repeat("x", intercept.MaxMessage+1), nil, 413, "REQUEST_TOO_LARGE", ""},
		"compressed":     {"", "x", []string{"Content-Encoding", "gzip"}, 415, "FIELD_FORMAT", ""},
		"twice encoded":  {"", "x", []string{"Content-Encoding", "identity", "Content-Encoding", "gzip"}, 415, "FIELD_FORMAT", ""},
		"no type":        {"", "x", []string{"Content-Type", "none"}, 415, "FIELD_FORMAT", "contentType"},
		"two types":      {"", "x", []string{"Content-Type", "a/b", "Content-Type", "c/d"}, 415, "FIELD_FORMAT", "contentType"},
		"a type too far": {"", "x", []string{"Content-Type", strings.Repeat("a", 129)}, 415, "FIELD_FORMAT", "contentType"},
		"a query":        {"?dryRun=true", "x", nil, 400, "FIELD_FORMAT", ""},
		"an empty query": {"?", "x", []string{"Content-Encoding", "br"}, 415, "FIELD_FORMAT", ""},
	} {
		r, _ := ask(t, c, http.MethodPost, base+styledPath+x.path, x.body, x.headers...).reread(t)
		if r.HTTPStatus != x.status || r.Reason.Code != x.reason {
			t.Errorf("%s: %+v", name, r)
		}
		if x.reason == "FIELD_FORMAT" && (len(r.Fields) != 1 || r.Fields[0].Path != x.field) {
			t.Errorf("%s: fields %+v", name, r.Fields)
		}
	}
}

// Without a dialect errors are in our own form, and so they are when the dialect itself fails.
func TestStyledWithoutDialect(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Styled = func(context.Context, *porukav1.ConfirmStyledRequest) (*porukav1.ConfirmStyledResponse, error) {
		return nil, fault.New(fault.Precondition, fault.DialectNone)
	}
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "bank/sberbank"))
	for _, bank := range []string{"sberbank", "nobody", "VTB", "%76tb%20", "..%5cvtb"} {
		a := ask(t, c, http.MethodPost, base+"/v1/banks/"+bank+"/confirmations", "x", "X-Plain-Echo", "7")
		wantError(t, bank, a, http.StatusConflict, "DIALECT_NONE")
	}
	a := ask(t, client(t, d, true, d.Client(t, "bank/vtb")), http.MethodPost, base+styledPath, "secret", "X-Plain-Echo", "panic")
	wantError(t, "panic", a, http.StatusConflict, "DIALECT_NONE")
	if strings.Contains(a.body, "secret") {
		t.Errorf("the body is told: %s", a.body)
	}
}

func TestStyledRouting(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	for _, verb := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		a := ask(t, c, verb, base+styledPath, "")
		if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "POST" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", verb, a.status, a.header)
		}
	}
	for _, path := range []string{
		"/v1/banks/vtb/confirmations/", "/v1/banks/vtb%2Fx/confirmations", "/v1/banks/a/b/confirmations", "/v1/banks/vtb/confirmations:x",
	} {
		wantError(t, path, ask(t, c, http.MethodPost, base+path, "x"), http.StatusNotFound, "METHOD_UNKNOWN")
	}
}
