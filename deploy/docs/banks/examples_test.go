package banks_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/deploy/docs/banks/examples/webhook"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/style"
)

// receiver is the bank that takes events in this test.
const receiver = "vtb"

// TestExamples runs every example client against a whole gateway that is a sandbox. Each asks about the person who is confirmed, and then
// with a mistyped SNILS.
func TestExamples(t *testing.T) {
	events := newListener(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "roster.yaml"), roster.DevOn(roster.Ports{receiver: events.port(t)}))
	gateway := gatewaytest.Start(t, gatewaytest.Config{DataDir: dir, Sandbox: true})
	if err := development.WriteProfiles(dir, gateway.Server.GRPCAddress(), gateway.Server.RESTAddress()); err != nil {
		t.Fatal(err)
	}
	taken := events.serve(t, dir)
	programs := build(t)
	for _, bank := range style.Standard().Names() {
		t.Run(bank+"/go", func(t *testing.T) {
			out := execute(t, filepath.Join(programs, bank), dir)
			wants(t, out, "decided: CONFIRMED, confirmations/", "not decided: HTTP 400", "SNILS_CHECKSUM", "BANK_CLERK", "Сверьте номер с документом")
		})
		t.Run(bank+"/curl", func(t *testing.T) {
			for _, program := range []string{"bash", "curl", "openssl"} {
				need(t, program)
			}
			out := execute(t, "bash", filepath.Join("examples", bank, "confirm.sh"), dir)
			wants(t, out, "CONFIRMED", "confirmations/", "\nHTTP 200\n", "SNILS_CHECKSUM", "Сверьте номер с документом", "\nHTTP 400\n")
		})
	}
	for _, guide := range []string{"README.md", "README.ru.md"} {
		t.Run(guide, func(t *testing.T) {
			need(t, "curl")
			look := strings.NewReplacer(".poruka/", dir+"/", "localhost:8444", gateway.Profile("sberbank").RESTAddress).Replace(lookUp(t, guide))
			wants(t, execute(t, "bash", "-c", look), `"UNKNOWN"`)
		})
	}
	select {
	case e := <-taken:
		if e.Type != "confirmation.decided" || e.ID == "" || !bytes.Contains(e.Data, []byte(`"outcome":"CONFIRMED"`)) {
			t.Errorf("%+v %s", e, e.Data)
		}
	case <-time.After(time.Minute):
		t.Errorf("no event was taken\n%s", gateway.Log())
	}
}

// lookUp is the call in a guide that asks what became of a request.
func lookUp(t *testing.T, guide string) string {
	t.Helper()
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```\n(curl .*?)```").FindSubmatch(content)
	if found == nil {
		t.Fatal(guide, "has no call to copy")
	}
	return string(found[1])
}

// need makes sure that a program is there; without it the test is left out, but not where everything must be there.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(program, "is missing")
	}
	t.Skip(program, "is not on the PATH")
}

// build builds the example programs into a folder.
func build(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	args := []string{"build", "-o", folder}
	for _, bank := range style.Standard().Names() {
		args = append(args, "./examples/"+bank)
	}
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return folder
}

// execute runs a program to its good end and gives what it has printed.
func execute(t *testing.T, program string, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), problems.String())
	}
	return out.String()
}

func wants(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("no %q in:\n%s", text, out)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// listener is where the bank's own server will be.
type listener struct{ net.Listener }

func newListener(t *testing.T) listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return listener{l}
}

func (l listener) port(t *testing.T) int {
	t.Helper()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve takes events as the example does, with the keys that the gateway has written, and hands on the first.
func (l listener) serve(t *testing.T, dir string) <-chan webhook.Event {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "event-keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := webhook.ParseKeys(string(content))
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "banks", receiver+"-server.pem"), filepath.Join(dir, "banks", receiver+"-server-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan webhook.Event, 1)
	routes := http.NewServeMux()
	routes.Handle("POST /events", &webhook.Receiver{Bank: receiver, Keys: keys, Clock: time.Now, Take: func(_ context.Context, e webhook.Event) error {
		select {
		case taken <- e:
		default:
		}
		return nil
	}})
	server := &http.Server{
		Handler: routes, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return taken
}
