package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

// change makes a body from the good one.
func change(from, to string) string {
	if !strings.Contains(good, from) {
		panic(from)
	}
	return strings.Replace(good, from, to, 1)
}

func TestBodies(t *testing.T) {
	d := chaintest.New(t)
	var reached atomic.Int32
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		reached.Add(1)
		return confirmed(ctx, r)
	}
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	url := serve(t, d) + "/v1/confirmations"
	for name, body := range map[string]string{
		"as it is":         good,
		"names of protos":  change(`"familyName"`, `"family_name"`),
		"number of enum":   change(`"FEMALE"`, `2`),
		"null is absent":   change(`"m.k@example.org"`, `null`),
		"blanks":           " \t\r\n" + good + "\n",
		"escapes":          change(`"Мария"`, `"\u041c\u0430\u0440\u0438\u044f"`),
		"other time zones": change(`"2026-11-22T10:00:00Z"`, `"2026-11-22T13:00:00.123456789+03:00"`),
	} {
		if a := ask(t, c, http.MethodPost, url, body); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	reached.Store(0)
	for name, x := range map[string]struct{ body, fields string }{
		"unknown field":        {change(`"dryRun":false`, `"dryRun":false,"dryRunn":true`), "dryRunn"},
		"unknown inner field":  {change(`"series":"4510"`, `"series":"4510","extra":{"a":[1,{"b":2}]}`), "person.passport.extra"},
		"case":                 {change(`"snils"`, `"SNILS"`), "person.SNILS"},
		"twice":                {change(`"dryRun":false`, `"dryRun":false,"dryRun":true`), "dryRun"},
		"twice by two names":   {change(`"dryRun":false`, `"dryRun":false,"dry_run":true`), "dryRun"},
		"twice inside":         {change(`"series":"4510"`, `"series":"4510","series":"4511"`), "person.passport.series"},
		"number for text":      {change(`"112-233-445 95"`, `11223344595`), "person.snils"},
		"text for boolean":     {change(`"active":true`, `"active":"true"`), "bankAccount.active"},
		"number for boolean":   {change(`"active":true`, `"active":1`), "bankAccount.active"},
		"list for text":        {change(`"112-233-445 95"`, `["112-233-445 95"]`), "person.snils"},
		"text for object":      {change(`{"active":true,"phoneBound":true}`, `"yes"`), "bankAccount"},
		"list for object":      {change(`{"active":true,"phoneBound":true}`, `[]`), "bankAccount"},
		"unknown enum":         {change(`"FEMALE"`, `"female"`), "person.sex"},
		"no time":              {change(`"2026-11-22T10:00:00Z"`, `"22.11.2026 10:00"`), "authentication.time"},
		"impossible time":      {change(`"2026-11-22T10:00:00Z"`, `"2026-02-30T10:00:00Z"`), "authentication.time"},
		"lone surrogate":       {change(`"Мария"`, `"\ud800"`), "person.givenName"},
		"invalid UTF-8":        {change(`"Мария"`, "\"\xff\xfe\""), "person.givenName"},
		"two at once":          {strings.Replace(change(`"FEMALE"`, `"X"`), `"active":true`, `"active":"x","z":1`, 1), "person.sex bankAccount.active bankAccount.z"},
		"hostile name":         {change(`"dryRun"`, `"\n<script>"`), "?"},
		"broken off":           {good[:len(good)-9], ""},
		"two values":           {good + "{}", ""},
		"not an object":        {"[]", ""},
		"text":                 {`"x"`, ""},
		"NaN":                  {change(`"dryRun":false`, `"dryRun":NaN`), ""},
		"comment":              {change(`"dryRun":false`, `"dryRun":false /* x */`), ""},
		"trailing comma":       {change(`"dryRun":false`, `"dryRun":false,`), ""},
		"byte order mark":      {"\uFEFF" + good, ""},
		"rules of the proto":   {change(id, "1"), "requestId"},
		"deep nesting":         {strings.Repeat(`{"person":`, 6000), ""},
		"deep lists":           {strings.Repeat("[", 60000), ""},
		"deep in unknown":      {`{"x":` + strings.Repeat("[", 60000), "x "},
		"long number":          {change(`"dryRun":false`, `"dryRun":`+strings.Repeat("9", 60000)), "dryRun"},
		"type":                 {change(`"dryRun":false`, `"@type":"type.googleapis.com/poruka.v1.Person"`), "?"},
		"object for all types": {`{"requestId":{},"person":{},"bankAccount":{},"authentication":{"time":{}},"consent":{"time":[]},"sendTime":1}`, "requestId authentication.time consent.time sendTime"},
	} {
		begin := time.Now()
		f := wantError(t, name, ask(t, c, http.MethodPost, url, x.body), http.StatusBadRequest, "FIELD_FORMAT")
		if f.fields() != x.fields {
			t.Errorf("%s: fields %q, want %q", name, f.fields(), x.fields)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		for _, v := range f.Details {
			for _, text := range v.FieldViolations {
				if strings.Contains(text.Description, "112-") || strings.Contains(text.Field, "script") {
					t.Errorf("%s: the answer repeats what was sent: %v", name, text)
				}
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d malformed requests reached the handler", n)
	}
	if logged := strings.Join(d.Log.Take(), "\n"); strings.Contains(logged, "112-233") || strings.Contains(logged, "Канарейкина") {
		t.Error("a body is in the log")
	}
}

func TestKindsAndSizesOfBodies(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Confirm = confirmed
	base := serve(t, d)
	url := base + "/v1/confirmations"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte(" "), 10<<20))
	_ = w.Close()
	for _, http2 := range []bool{false, true} {
		c := client(t, d, http2, d.Client(t, "bank/vtb"))
		for name, x := range map[string]struct {
			body    string
			headers []string
			status  int
			reason  string
		}{
			"two types":      {good, []string{"Content-Type", "application/json", "Content-Type", "text/plain"}, 415, "FIELD_FORMAT"},
			"no type":        {good, []string{"Content-Type", "none"}, 415, "FIELD_FORMAT"},
			"bomb":           {packed.String(), []string{"Content-Encoding", "gzip"}, 415, "FIELD_FORMAT"},
			"too large":      {good + strings.Repeat(" ", 64<<10), nil, 413, "REQUEST_TOO_LARGE"},
			"far too large":  {strings.Repeat(" ", 20<<20), nil, 413, "REQUEST_TOO_LARGE"},
			"just so":        {good + strings.Repeat(" ", 64<<10-len(good)), nil, 200, ""},
			"empty":          {"", nil, 400, "FIELD_FORMAT"},
			"identity":       {good, []string{"Content-Encoding", "identity"}, 200, ""},
			"header of text": {good, []string{"Content-Encoding", "br, gzip"}, 415, "FIELD_FORMAT"},
		} {
			a, err := try(t, c, http.MethodPost, url, x.body, x.headers...)
			if err != nil {
				if name == "far too large" {
					continue // the connection was closed in the middle of it
				}
				t.Errorf("%s: %v", name, err)
				continue
			}
			if x.status == http.StatusOK {
				if a.status != http.StatusOK {
					t.Errorf("%s: %d %s", name, a.status, a.body)
				}
				continue
			}
			wantError(t, name, a, x.status, x.reason)
		}
		for kind, status := range map[string]int{
			"application/json; charset=UTF-8": 200, "Application/JSON": 200, "application/json;charset=koi8-r": 415, "text/json": 415, "text/plain": 415,
			"application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/json/x": 415, ";": 415, "application/grpc": 415,
		} {
			if a := ask(t, c, http.MethodPost, url, good, "Content-Type", kind); a.status != status {
				t.Errorf("%s: %d, want %d", kind, a.status, status)
			}
		}
		a, err := try(t, c, http.MethodGet, base+"/v1/caller", "", "X-Long", strings.Repeat("x", 64<<10))
		if err == nil && a.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("long header: %d", a.status)
		}
	}
}

// The same request by either way in gives the handler the same message.
func TestRESTAndProtoAgree(t *testing.T) {
	d := chaintest.New(t)
	var got []*porukav1.ConfirmIdentityRequest
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		got = append(got, r)
		return confirmed(ctx, r)
	}
	if a := ask(t, client(t, d, true, d.Client(t, "bank/vtb")), http.MethodPost, serve(t, d)+"/v1/confirmations", good); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	conn := d.Dial(t, d.ServeGRPC(t), "bank/vtb")
	if _, err := porukav1.NewConfirmationServiceClient(conn).ConfirmIdentity(t.Context(), got[0]); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !proto.Equal(got[0], got[1]) {
		t.Errorf("REST %v\nproto %v", got[0], got[1])
	}
}
