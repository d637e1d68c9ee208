package rest_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/gateway/rest"
)

var names = map[certs.Role]string{
	certs.RoleBank: "bank/vtb", certs.RolePortal: "portal", certs.RoleCompliance: "compliance", certs.RoleOperator: "operator",
}

// Every route of the protos with every role: who has no row is refused before the body is looked at, and audited. No route is answered
// without a certificate.
func TestEveryRouteWithEveryRole(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	routes, err := rest.Routes()
	if err != nil || len(routes) < 15 {
		t.Fatalf("%d routes, %v", len(routes), err)
	}
	rows := map[string][]certs.Role{}
	for _, row := range access.Rows(true) {
		rows[row.Method] = row.Roles
	}
	type target struct{ verb, path, method string }
	targets := []target{{http.MethodGet, "/openapi.json", access.PageOpenAPI}, {http.MethodGet, "/docs", access.PageDocs}, {http.MethodGet, "/log/checkpoint", access.PageLog}}
	for _, r := range routes {
		targets = append(targets, target{r.Verb, strings.NewReplacer("{id}", "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69").Replace(r.Path), r.RPC()})
	}
	bare := client(t, d, true)
	for role, name := range names {
		c := client(t, d, true, d.Client(t, name))
		for _, target := range targets {
			d.Log.Take()
			body := "{not json"
			if target.verb == http.MethodGet {
				body = ""
			}
			a := ask(t, c, target.verb, base+target.path+"?nonsense=1", body)
			if may := slices.Contains(rows[target.method], role); may {
				if a.status == http.StatusForbidden || a.status == http.StatusUnauthorized {
					t.Errorf("%s %s as %s: %d, should be let in", target.verb, target.path, role, a.status)
				}
				continue
			}
			wantError(t, target.verb+" "+target.path+" as "+string(role), a, http.StatusForbidden, "ACCESS_DENIED")
			if logged := strings.Join(d.Log.Take(), "\n"); !strings.Contains(logged, `"audit":true`) || !strings.Contains(logged, `"method":"`+target.method+`"`) ||
				!strings.Contains(logged, `"transport":"rest"`) || !strings.Contains(logged, `"reached":false`) {
				t.Errorf("%s %s as %s is not audited: %s", target.verb, target.path, role, logged)
			}
		}
	}
	for _, target := range targets {
		if a, err := try(t, bare, target.verb, base+target.path, ""); err == nil {
			t.Errorf("%s %s without a certificate: %d", target.verb, target.path, a.status)
		}
	}
}

func TestHandshakesThatFail(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	stranger := certstest.NewRoot(t, time.Now(), "another root")
	for name, certificate := range map[string]tls.Certificate{
		"foreign CA": stranger.Client(t, "poruka://"+chaintest.TrustDomain+"/portal"),
		"expired":    d.Client(t, "portal", certstest.Between(time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))),
		"gateway's":  d.Client(t, "gateway"),
	} {
		if a, err := try(t, client(t, d, true, certificate), http.MethodGet, base+"/v1/caller", ""); err == nil {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

func TestRevokedWhileConnected(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	certificate := d.Client(t, "compliance")
	for _, http2 := range []bool{false, true} {
		c := client(t, d, http2, certificate)
		if a := ask(t, c, http.MethodGet, base+"/v1/caller", ""); a.status != http.StatusOK {
			t.Fatalf("before: %d", a.status)
		}
		d.Revoke(t, certificate)
		for _, path := range []string{"/v1/caller", "/openapi.json", "/docs", "/docs/swagger-ui.css", "/log/checkpoint", "/no/such/route"} {
			a := ask(t, c, http.MethodGet, base+path, "")
			wantError(t, path, a, http.StatusUnauthorized, "CERTIFICATE_REVOKED")
			if a.header.Get("Www-Authenticate") != `Mutual realm="poruka"` {
				t.Errorf("challenge %q", a.header.Get("Www-Authenticate"))
			}
		}
		certificate = d.Client(t, "compliance")
	}
}

// Nothing that stands in headers becomes an identity, or comes to a handler at all, but the language.
func TestHeadersAreNoIdentity(t *testing.T) {
	d := chaintest.New(t)
	var seen metadata.MD
	d.Services.Describe = func(ctx context.Context, _ *porukav1.DescribeCallerRequest) (*porukav1.DescribeCallerResponse, error) {
		seen, _ = metadata.FromIncomingContext(ctx)
		caller, _ := access.CallerFrom(ctx)
		return &porukav1.DescribeCallerResponse{Identity: caller.String()}, nil
	}
	base := serve(t, d)
	c := client(t, d, false, d.Client(t, "bank/vtb"))
	a := ask(t, c, http.MethodGet, base+"/v1/caller", "",
		"Grpc-Metadata-X-Partner-Id", "sberbank", "grpc-metadata-x-partner-id", "sberbank", "GRPC-METADATA-X-CLIENT-CERT", "portal",
		"Grpc-Metadata-X-Client-Cert-Bin", "AAEC", "Grpc-Metadata-X-Client-Cert-Bin", "!!! not base64", "Grpc-Metadata-Authorization", "Bearer x",
		"Authorization", "Bearer x", "X-Forwarded-For", "127.0.0.1", "X-Forwarded-Host", "evil", "X-Forwarded-Client-Cert", "URI=poruka://test.poruka/portal",
		"Grpcgateway-Authorization", "Bearer x", "X-Partner-Id", "sberbank", "Grpc-Timeout", "1n", "Cookie", "role=portal",
		"X-Request-Id", "11111111-1111-4111-8111-111111111111", "Accept-Language", "ru")
	if a.status != http.StatusOK || !strings.Contains(a.body, `"poruka://test.poruka/bank/vtb"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if len(seen) != 1 || len(seen["accept-language"]) != 1 {
		t.Errorf("the handler sees %v", seen)
	}
	if strings.HasPrefix(a.header.Get("X-Request-Id"), "1111") {
		t.Error("the caller chose the request id")
	}
}

func TestMethodOverrides(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, false, d.Client(t, "bank/vtb"))
	path := base + "/v1/confirmations/7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	a := ask(t, c, http.MethodPost, path, "a=b", append(form, "X-Http-Method-Override", http.MethodGet)...)
	wantError(t, "override", a, http.StatusMethodNotAllowed, "METHOD_UNKNOWN")
	if a.header.Get("Allow") != http.MethodGet {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	wantError(t, "form", ask(t, c, http.MethodPost, path, "a=b", form...), http.StatusMethodNotAllowed, "METHOD_UNKNOWN")
	for _, verb := range []string{http.MethodHead, http.MethodOptions, http.MethodTrace, "PROPFIND", http.MethodDelete} {
		if a := ask(t, c, verb, path, ""); a.status != http.StatusMethodNotAllowed && a.status != http.StatusNotFound {
			t.Errorf("%s: %d", verb, a.status)
		}
	}
}

func TestWhatHasNoRoute(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "operator"))
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v1/Caller", "//v1/caller", "/v1/caller/", "/v1/%63aller/..%2f", "/metrics", "/debug/pprof/", "/healthz", "/poruka.v1.CallerService/DescribeCaller",
		"/v1/accounts:lookup?snils=112-233-445%2095", "/console/../v1/caller/x",
	} {
		a := ask(t, c, http.MethodGet, base+path, "")
		if path == "/v1/accounts:lookup?snils=112-233-445%2095" {
			wantError(t, path, a, http.StatusMethodNotAllowed, "METHOD_UNKNOWN")
			continue
		}
		wantError(t, path, a, http.StatusNotFound, "METHOD_UNKNOWN")
	}
	for _, line := range d.Log.Take() {
		if strings.Contains(line, "snils") || strings.Contains(line, "accounts") || strings.Contains(line, "caller") {
			t.Errorf("what the caller asked for is logged: %s", line)
		}
	}
}
