package rest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/gateway/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves the facade over TLS on a loopback port until the test ends, and gives the base of its addresses.
func serve(t testing.TB, d *chaintest.Door) string {
	t.Helper()
	server, err := rest.New(rest.Config{
		Chain: d.Chain, Log: publishedLog{}, TLS: d.Source.ServerConfig("h2", "http/1.1"), Logger: slog.New(slog.DiscardHandler), Dialects: plainOfVTB{},
		Register: func(s grpc.ServiceRegistrar) {
			registrar, ok := s.(access.Registrar)
			if !ok {
				t.Fatal("the registrar does not tell its services")
			}
			d.Register(registrar)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(listener, "", "")
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://localhost:" + port
}

// client makes an HTTP client with a certificate; http2 says which protocol it speaks.
func client(t testing.TB, d *chaintest.Door, http2 bool, certificates ...tls.Certificate) *http.Client {
	t.Helper()
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	transport := &http.Transport{TLSClientConfig: d.ClientConfig(certificates...), Protocols: protocols, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	proto  string
	body   string
}

// ask sends a request with headers given as pairs; the default of a body is JSON.
func ask(t testing.TB, c *http.Client, verb, url, body string, headers ...string) answer {
	t.Helper()
	a, err := try(t, c, verb, url, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", verb, url, err)
	}
	return a
}

func try(t testing.TB, c *http.Client, verb, url, body string, headers ...string) (answer, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), verb, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header[headers[i]] = append(request.Header[headers[i]], headers[i+1])
	}
	if _, given := request.Header["Content-Type"]; !given && body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if request.Header.Get("Content-Type") == "none" {
		request.Header.Del("Content-Type")
	}
	response, err := c.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, response.Proto, string(text)}, err
}

// failure is the body of an error.
type failure struct {
	Code    int
	Message string
	Details []struct {
		Type            string `json:"@type"`
		Reason          string
		Domain          string
		RequestID       string `json:"requestId"`
		RetryDelay      string
		Locale          string
		FieldViolations []struct{ Field, Description string }
	}
}

func (a answer) failure(t testing.TB) failure {
	t.Helper()
	var f failure
	if err := json.Unmarshal([]byte(a.body), &f); err != nil || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d with the body %q of type %q is no error in JSON", a.status, a.body, a.header.Get("Content-Type"))
	}
	return f
}

func (f failure) reason() string {
	for _, d := range f.Details {
		if d.Type == "type.googleapis.com/google.rpc.ErrorInfo" && d.Domain == "poruka" {
			return d.Reason
		}
	}
	return ""
}

func (f failure) fields() string {
	var fields []string
	for _, d := range f.Details {
		for _, v := range d.FieldViolations {
			fields = append(fields, v.Field)
		}
	}
	return strings.Join(fields, " ")
}

func wantError(t testing.TB, what string, a answer, status int, reason string) failure {
	t.Helper()
	f := a.failure(t)
	if a.status != status || f.reason() != reason {
		t.Errorf("%s: %d %s, want %d %s: %s", what, a.status, f.reason(), status, reason, a.body)
	}
	return f
}

const good = `{"requestId":"7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69",
 "person":{"familyName":"Канарейкина","givenName":"Мария","middleName":"Олеговна","birthDate":"1990-04-21","sex":"FEMALE","citizenship":"RUS",
  "passport":{"series":"4510","number":"123456","issueDate":"2010-05-12","departmentCode":"770-100","issuer":"ОВД"},
  "snils":"112-233-445 95","inn":"500100732259","mobilePhone":"+79161234567","email":"m.k@example.org"},
 "bankAccount":{"active":true,"phoneBound":true},
 "authentication":{"method":"SMS_CODE","time":"2026-11-22T10:00:00Z"},
 "consent":{"given":true,"time":"2026-11-22T09:59:30Z"},
 "dryRun":false}`

func confirmed(_ context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	return &porukav1.ConfirmIdentityResponse{Confirmation: &porukav1.Confirmation{
		Name: "confirmations/x", RequestId: r.GetRequestId(), Outcome: porukav1.Confirmation_CONFIRMED, LevelAfter: porukav1.Account_CONFIRMED,
	}}, nil
}

func TestTheMainCall(t *testing.T) {
	d := chaintest.New(t)
	var got *porukav1.ConfirmIdentityRequest
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		got = r
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the call has no deadline")
		}
		return confirmed(ctx, r)
	}
	base := serve(t, d)
	for _, http2 := range []bool{false, true} {
		a := ask(t, client(t, d, http2, d.Client(t, "bank/vtb")), http.MethodPost, base+"/v1/confirmations", good)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || (a.proto == "HTTP/2.0") != http2 {
			t.Fatalf("%d %s %s", a.status, a.proto, a.body)
		}
		if got.GetPerson().GetPassport().GetDepartmentCode() != "770-100" || got.GetAuthentication().GetMethod() != porukav1.Authentication_SMS_CODE {
			t.Errorf("the handler got %v", got)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(a.body)); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			`"outcome":"CONFIRMED"`, `"levelBefore":"LEVEL_UNSPECIFIED","levelAfter":"CONFIRMED"`, `"reasons":[]`, `"dryRun":false`, `"replayed":false`,
			`"requestId":"7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"`,
		} {
			if !strings.Contains(compact.String(), part) {
				t.Errorf("%s is not in %s", part, compact.String())
			}
		}
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Server": "",
		} {
			if a.header.Get(header) != want {
				t.Errorf("%s: %q, want %q", header, a.header.Get(header), want)
			}
		}
		if len(a.header.Get("X-Request-Id")) != 36 {
			t.Errorf("request id %q", a.header.Get("X-Request-Id"))
		}
	}
}
