package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/gateway/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// caller answers every caller.
type caller struct {
	porukav1.UnimplementedCallerServiceServer
}

func (caller) DescribeCaller(context.Context, *porukav1.DescribeCallerRequest) (*porukav1.DescribeCallerResponse, error) {
	return &porukav1.DescribeCallerResponse{Role: "portal"}, nil
}

func newCA(t *testing.T) *certstest.CA { return certstest.NewRoot(t, time.Now(), "test CA") }

// serverTLS is the server's side of mutual TLS, for 127.0.0.1 and the name gateway.test.
func serverTLS(t *testing.T, ca *certstest.CA) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	named := ca.Server(t, func(template *x509.Certificate) { template.DNSNames = []string{"gateway.test"} })
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{named}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// files writes ca.pem, client.pem and client-key.pem to a new folder.
func files(t *testing.T, ca *certstest.CA) (folder string) {
	folder = t.TempDir()
	cert, key := certstest.Pair(t, ca.Client(t, "poruka://test/portal"))
	certstest.Write(t, folder, "ca.pem", ca.PEM())
	certstest.Write(t, folder, "client.pem", cert)
	certstest.Write(t, folder, "client-key.pem", key)
	return folder
}

// gateway serves mutual TLS and gives the profile of a client.
func gateway(t *testing.T, ca *certstest.CA) client.Profile {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(serverTLS(t, ca))))
	porukav1.RegisterCallerServiceServer(server, caller{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	folder := files(t, ca)
	return client.Profile{
		Address: listener.Addr().String(), CA: filepath.Join(folder, "ca.pem"),
		Cert: filepath.Join(folder, "client.pem"), Key: filepath.Join(folder, "client-key.pem"),
	}
}

func describe(t *testing.T, p client.Profile) error {
	t.Helper()
	conn, err := p.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = porukav1.NewCallerServiceClient(conn).DescribeCaller(ctx, &porukav1.DescribeCallerRequest{})
	return client.Explain(err)
}

func TestBothSidesAreVerified(t *testing.T) {
	ours, theirs := newCA(t), newCA(t)
	good := gateway(t, ours)
	foreign := files(t, theirs)
	for name, test := range map[string]struct {
		change func(*client.Profile)
		want   string // part of the failure; empty: none
	}{
		"good":              {func(*client.Profile) {}, ""},
		"a name it has":     {func(p *client.Profile) { p.ServerName = "gateway.test" }, ""},
		"a name it has not": {func(p *client.Profile) { p.ServerName = "other.test" }, "no gateway answers: tls: failed to verify certificate"},
		"another server CA": {func(p *client.Profile) { p.CA = filepath.Join(foreign, "ca.pem") }, "no gateway answers: tls: failed to verify certificate"},
		"a foreign client": {func(p *client.Profile) {
			p.Cert, p.Key = filepath.Join(foreign, "client.pem"), filepath.Join(foreign, "client-key.pem")
		}, "no gateway answers:"},
		"nobody is listening":   {func(p *client.Profile) { p.Address = "127.0.0.1:1" }, "no gateway answers: dial tcp 127.0.0.1:1: connect: connection refused"},
		"a name without a host": {func(p *client.Profile) { p.Address = "nowhere.invalid:1" }, "no gateway answers:"},
	} {
		t.Run(name, func(t *testing.T) {
			p := good
			test.change(&p)
			err := describe(t, p)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestREST(t *testing.T) {
	ca := newCA(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.Version != tls.VersionTLS13 || len(r.TLS.VerifiedChains) == 0 {
			t.Error("not mutual TLS 1.3")
		}
		http.Redirect(w, r, "https://elsewhere.invalid/", http.StatusFound)
	}))
	server.TLS = serverTLS(t, ca)
	server.StartTLS()
	defer server.Close()
	p := gateway(t, ca)
	if _, err := p.HTTP(); !errors.Is(err, client.ErrProfile) {
		t.Errorf("without restAddress: %v", err)
	}
	p.RESTAddress = server.Listener.Addr().String()
	c, err := p.HTTP()
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	response, err := c.Get("https://" + p.RESTAddress + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusFound {
		t.Errorf("status %d: the redirect was followed", response.StatusCode)
	}
}

func TestProfilesRoundTrip(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "profiles", "portal.yaml")
	want := client.Profile{
		Address: "localhost:8443", RESTAddress: "localhost:8444", ServerName: "gateway.test",
		Cert: filepath.Join(folder, "certs", "portal.pem"), Key: filepath.Join(folder, "certs", "portal-key.pem"), CA: filepath.Join(folder, "certs", "ca.pem"),
	}
	for range 2 { // the second replaces the first
		if err := client.WriteProfile(path, want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := client.ReadProfile(path)
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	content, _ := os.ReadFile(path)
	if strings.Contains(string(content), folder) {
		t.Errorf("the folder cannot be moved:\n%s", content)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files, want 1", len(left))
	}
}

const goodProfile = "address: localhost:8443\ncert: a.pem\nkey: /abs/b.pem\nca: ../c.pem\n"

func TestProfilesAreReadStrictly(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"good":                {goodProfile, ""},
		"unknown key":         {goodProfile + "host: x\n", "host"},
		"no key":              {"address: localhost:8443\ncert: a\nca: c\n", "key is missing"},
		"no port":             {"address: localhost\ncert: a\nkey: b\nca: c\n", "address must be host:port"},
		"no REST port":        {goodProfile + "restAddress: x\n", "restAddress must be host:port"},
		"two documents":       {goodProfile + "---\n" + goodProfile, "more than one document"},
		"empty":               {"", "EOF"},
		"not a map":           {"[]", "cannot unmarshal"},
		"larger than allowed": {goodProfile + "#" + strings.Repeat("x", 64<<10), "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.yaml")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := client.ReadProfile(path)
			if test.want != "" {
				if !errors.Is(err, client.ErrProfile) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				return
			}
			if err != nil || p.Cert != filepath.Join(filepath.Dir(path), "a.pem") || p.Key != "/abs/b.pem" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	if _, err := client.ReadProfile("none.yaml"); !errors.Is(err, os.ErrNotExist) || !errors.Is(err, client.ErrProfile) {
		t.Errorf("no file: %v", err)
	}
}

func TestBadFilesAreNamed(t *testing.T) {
	folder := files(t, newCA(t))
	file := func(name string) string { return filepath.Join(folder, name) }
	good := client.Profile{Address: "localhost:1", Cert: file("client.pem"), Key: file("client-key.pem"), CA: file("ca.pem")}
	for name, change := range map[string]func(*client.Profile){
		"no certificate":  func(p *client.Profile) { p.Cert = file("none.pem") },
		"no CA":           func(p *client.Profile) { p.CA = file("none.pem") },
		"a key as the CA": func(p *client.Profile) { p.CA = file("client-key.pem") },
		"swapped":         func(p *client.Profile) { p.Cert, p.Key = p.Key, p.Cert },
		"incomplete":      func(p *client.Profile) { p.Key = "" },
	} {
		p := good
		change(&p)
		if _, err := p.Dial(); !errors.Is(err, client.ErrProfile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailuresAreTold(t *testing.T) {
	detailed, err := status.New(codes.InvalidArgument, "raw").WithDetails(
		&errdetails.ErrorInfo{Reason: "SNILS_CHECKSUM", Domain: "poruka"},
		&errdetails.LocalizedMessage{Locale: "en", Message: "the check digits of the SNILS are wrong"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "person.snils", Description: "11 digits"}}},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)},
		&errdetails.RequestInfo{RequestId: "r-1"},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := "SNILS_CHECKSUM: the check digits of the SNILS are wrong\n  person.snils: 11 digits (try again in 2s) (request r-1)"
	got := client.Explain(detailed.Err())
	if got.Error() != want {
		t.Errorf("%q, want %q", got, want)
	}
	if status.Code(got) != codes.InvalidArgument {
		t.Error("the status is lost")
	}
	if plain := errors.New("plain"); !errors.Is(client.Explain(plain), plain) {
		t.Error("an error without a status has changed")
	}
	if client.Explain(nil) != nil {
		t.Error("no error has become one")
	}
}

func TestWhatPasses(t *testing.T) {
	for code, want := range map[codes.Code]bool{
		codes.Unavailable: true, codes.Aborted: true, codes.ResourceExhausted: true, codes.DeadlineExceeded: true,
		codes.Internal: false, codes.PermissionDenied: false, codes.InvalidArgument: false, codes.Canceled: false,
	} {
		var failure *client.Failure
		if !errors.As(client.Explain(status.Error(code, "")), &failure) || failure.Passing() != want {
			t.Errorf("%v: want %t", code, want)
		}
	}
}
