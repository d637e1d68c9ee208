package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestReadme does what the README says: starts the gateway without any set-up and sends the call that stands there, twice.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	calls := regexp.MustCompile(`(?s)\n(curl --cacert .*?/v1/confirmations)\n`).FindSubmatch(readme)
	if calls == nil {
		t.Fatal("the README has no call to copy")
	}
	t.Chdir(t.TempDir())
	serving := serveInBackground(t, "serve", "--dev", "--accounts", "50",
		"--grpc-address", "127.0.0.1:0", "--rest-address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0")
	address := regexp.MustCompile(`REST (localhost:\d+)`).FindStringSubmatch(serving.waitFor(t, "Ctrl-C drains"))
	if address == nil {
		t.Fatalf("no address in:\n%s", serving.String())
	}
	for i, want := range []string{`"replayed":false`, `"replayed":true`} {
		for _, call := range []string{string(calls[1]), printedCall(t, serving.String())} {
			call = strings.ReplaceAll(call, "localhost:8444", address[1])
			out, err := exec.Command("bash", "-c", call).Output()
			if err != nil {
				t.Fatalf("%s: %v", call, err)
			}
			answer := strings.ReplaceAll(string(out), " ", "")
			if !strings.Contains(answer, `"outcome":"CONFIRMED"`) || !strings.Contains(answer, want) {
				t.Errorf("call %d answered %s", i+1, out)
			}
			want = `"replayed":true` // the README's call and the printed one are the same request
		}
	}
}

func printedCall(t *testing.T, text string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "curl ") && strings.HasSuffix(line, "/v1/confirmations") {
			return line
		}
	}
	t.Fatalf("no call is printed:\n%s", text)
	return ""
}

// screen is what a command has printed so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what is printed.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String is everything so far.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// waitFor waits until a text has been printed and gives everything so far.
func (s *screen) waitFor(t *testing.T, text string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if all := s.String(); strings.Contains(all, text) {
			return all
		}
	}
	t.Fatalf("%q was not printed:\n%s", text, s.String())
	return ""
}

// serveInBackground runs a command until the test ends; it must end well.
func serveInBackground(t *testing.T, args ...string) *screen {
	t.Helper()
	out := &screen{}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, &streams{In: strings.NewReader(""), Out: out, Err: out}) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d:\n%s", code, out.String())
		}
	})
	return out
}
