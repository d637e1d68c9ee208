package server_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// forgeries are headers by which somebody may hope to become another. Each is sent alone.
func forgeries() [][2]string {
	var all [][2]string
	for _, name := range []string{
		"X-Partner-Id", "X-Bank", "X-Client-Cert", "X-Client-Cert-Bin", "X-SSL-Client-S-DN", "X-Forwarded-Client-Cert", "Client-Cert",
		"X-Request-Id", "X-Role", "Role", "Bank", "Caller", "Authorization", "Identity",
	} {
		for _, prefix := range []string{"", "Grpc-Metadata-", "grpc-metadata-", "Grpc-Metadata-Grpc-Metadata-", "GRPC-METADATA-", "Grpcgateway-"} {
			all = append(all, [2]string{prefix + name, "sberbank"}, [2]string{prefix + name, "poruka://dev.poruka/operator"})
		}
	}
	return append(all, [][2]string{
		{"Grpc-Metadata-X-Client-Cert-Bin", "c2JlcmJhbms="},
		{"X-Forwarded-For", "10.0.0.1, 127.0.0.1"},
		{"X-Forwarded-Host", "operator"},
		{"X-Forwarded-Proto", "http"},
		{"Forwarded", "for=10.0.0.1;by=gateway"},
		{"X-Real-Ip", "10.0.0.1"},
		{"X-Original-Url", "/v1/partners"},
		{"X-Rewrite-Url", "/v1/partners"},
		{"Authorization", "Bearer operator"},
		{"Authorization", "Basic b3BlcmF0b3I6"},
		{"Proxy-Authorization", "Basic b3BlcmF0b3I6"},
		{"Cookie", "role=operator"},
		{"X-Http-Method-Override", "POST"},
		{"X-HTTP-Method", "DELETE"},
		{"X-Method-Override", "PUT"},
		{"Grpc-Timeout", "1n"},
		{"Grpc-Timeout", "0S"},
		{"Grpc-Timeout", "nonsense"},
		{"Grpc-Metadata-Grpc-Timeout", "1n"},
		{"Grpc-Encoding", "gzip"},
		{"X-Grpc-Web", "1"},
	}...)
}

// http1 sends bytes over one HTTP/1.1 connection of a caller and gives the answers, as many as come before the server hangs up or
// until count.
func http1(t *testing.T, g *gatewaytest.Gateway, name, request string, count int) []answer {
	t.Helper()
	profile := g.Profile(name)
	config, err := profile.TLS(profile.RESTAddress)
	if err != nil {
		t.Fatal(err)
	}
	config.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", profile.RESTAddress, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for reader := bufio.NewReader(conn); len(answers) < count; {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			break
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			break
		}
		answers = append(answers, restAnswer(t, response.StatusCode, response.Header, body))
	}
	return answers
}

// stripped is a description of a caller without the time at which it was given.
func stripped(t *testing.T, a answer) string {
	t.Helper()
	before, rest, ok := strings.Cut(a.body, `"serverTime":`)
	if !ok {
		t.Errorf("HTTP %d %s: no description of a caller", a.http, a.body)
	}
	_, after, _ := strings.Cut(rest, `,`)
	return before + after
}

// TestForgedHeadersChangeNothing sends every forgery over REST, alone, twice, and all together, and wants the caller described as
// without it.
func TestForgedHeadersChangeNothing(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	rest := doorOf(t, g, "vtb")
	plain := stripped(t, rest.call(http.MethodGet, "/v1/caller", ""))
	if !strings.Contains(plain, `"bank"`) || !strings.Contains(plain, "vtb") {
		t.Fatalf("the caller is described as %s", plain)
	}
	var together []string
	for _, forged := range forgeries() {
		a := rest.call(http.MethodGet, "/v1/caller", "", forged[0], forged[1], forged[0], "portal")
		if a.http != http.StatusOK || stripped(t, a) != plain {
			t.Errorf("%s: %s: HTTP %d, %s", forged[0], forged[1], a.http, a.body)
		}
		if a.header["X-Request-Id"][0] == forged[1] {
			t.Errorf("%s: the caller chose its request id", forged[0])
		}
		if len(together) < 200 { // more than that is too much of a header
			together = append(together, forged[0], forged[1])
		}
	}
	if a := rest.call(http.MethodGet, "/v1/caller", "", together...); a.http != http.StatusOK || stripped(t, a) != plain {
		t.Errorf("all together: HTTP %d, %s", a.http, a.body)
	}
	// HTTP/1.1 carries names as they are written.
	var request strings.Builder
	request.WriteString("GET /v1/caller HTTP/1.1\r\nHost: operator\r\n")
	for i := 0; i < 100; i += 2 {
		fmt.Fprintf(&request, "%s: %s\r\n%s: x\r\n", strings.ToUpper(together[i]), together[i+1], strings.ToLower(together[i]))
	}
	for _, a := range http1(t, g, "vtb", request.String()+"\r\n", 1) {
		if a.http != http.StatusOK || stripped(t, a) != plain {
			t.Errorf("in mixed case: HTTP %d, %s", a.http, a.body)
		}
	}
	for _, forged := range forgeries() {
		if a := rest.call(http.MethodGet, "/v1/partners", "", forged[0], forged[1]); a.reason != "ACCESS_DENIED" {
			t.Errorf("%s: %s: a bank among operators: %s", forged[0], forged[1], a.refusedWith())
		}
	}
}

// TestForgedMetadataChangesNothing is the same over gRPC.
func TestForgedMetadataChangesNothing(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	conn := g.Conn("vtb")
	client := porukav1.NewCallerServiceClient(conn)
	list := methodNamed(t, porukav1.OperatorService_ListPartners_FullMethodName)
	for _, forged := range forgeries() {
		name := strings.ToLower(forged[0])
		if name == "grpc-timeout" || name == "grpc-encoding" {
			continue // these are gRPC's own and mean what they say
		}
		ctx := metadata.NewOutgoingContext(t.Context(), metadata.Pairs(name, forged[1], name, "portal"))
		got, err := client.DescribeCaller(ctx, &porukav1.DescribeCallerRequest{})
		if err != nil || got.GetIdentity() != "poruka://dev.poruka/bank/vtb" || got.GetRole() != "bank" || got.GetBank() != "vtb" ||
			slices.Contains(got.GetMethods(), porukav1.OperatorService_ListPartners_FullMethodName) {
			t.Errorf("%s: %s: %v, %v", name, forged[1], got, err)
		}
		out := newMessage(t, list.Output())
		if a := answerOf(t, out, conn.Invoke(ctx, list.name(), newMessage(t, list.Input()), out)); a.reason != "ACCESS_DENIED" || a.code != codes.PermissionDenied {
			t.Errorf("%s: %s: a bank among operators: %s", name, forged[1], a.refusedWith())
		}
	}
}

// TestNoOtherVerb checks that the verb of a request is the one in its first line.
func TestNoOtherVerb(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	operator, bank := doorOf(t, g, "operator"), doorOf(t, g, "vtb")
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		a    answer
		http int
	}{
		"form instead of a query": {operator.call(http.MethodPost, "/v1/partners", "id=vtb", "Content-Type", form), http.StatusMethodNotAllowed},
		"form with an override": {
			operator.call(http.MethodPost, "/v1/partners", "id=vtb", "Content-Type", form, "X-Http-Method-Override", "GET"), http.StatusMethodNotAllowed,
		},
		"form with a verb in it": {operator.call(http.MethodPost, "/v1/partners?_method=GET", "_method=GET", "Content-Type", form), http.StatusMethodNotAllowed},
		"form for JSON":          {bank.call(http.MethodPost, "/v1/confirmations", "requestId=1", "Content-Type", form), http.StatusUnsupportedMediaType},
		"GET of what is POSTed":  {bank.call(http.MethodGet, "/v1/confirmations", ""), http.StatusMethodNotAllowed},
		"HEAD":                   {bank.call(http.MethodHead, "/v1/caller", ""), http.StatusMethodNotAllowed},
		"OPTIONS":                {bank.call(http.MethodOptions, "/v1/caller", ""), http.StatusMethodNotAllowed},
		"TRACE":                  {bank.call(http.MethodTrace, "/v1/caller", ""), http.StatusMethodNotAllowed},
		"an invented verb":       {bank.call("CONFIRM", "/v1/caller", ""), http.StatusMethodNotAllowed},
		"DELETE of a document":   {bank.call(http.MethodDelete, "/openapi.json", ""), http.StatusNotFound},
	} {
		if c.a.http != c.http {
			t.Errorf("%s: HTTP %d %s, want %d", name, c.a.http, c.a.body, c.http)
		}
		for header := range c.a.header {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: other sites' pages are let in by %s", name, header)
			}
		}
	}
}
