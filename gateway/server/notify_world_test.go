package server_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/partners/roster"
)

// called is a delivery as a receiver sees it.
type called struct {
	ID       string
	Type     string
	Sequence int64
	Previous int64 `json:"previousSequence"`
	Replay   bool
	Data     map[string]any

	body string
}

// receiver is the server of a bank, or of the portal, to which events are delivered. It uses none of our code.
type receiver struct {
	t    *testing.T
	web  *httptest.Server
	dir  string // of the gateway
	mu   sync.Mutex
	got  []called
	tell func(n int) int // the status for the nth delivery, from 1; nil: 204
}

func newReceiver(t *testing.T, dir string) *receiver {
	t.Helper()
	r := &receiver{t: t, dir: dir}
	r.web = httptest.NewUnstartedServer(http.HandlerFunc(r.serve))
	r.web.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	r.web.StartTLS()
	t.Cleanup(r.web.Close)
	return r
}

// serverName is that of the certificates of httptest.
const serverName = "example.com"

// authority writes the certificate by which the server is trusted.
func (r *receiver) authority(file string) string {
	r.t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.web.Certificate().Raw})
	if err := errorsOf(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600)); err != nil {
		r.t.Fatal(err)
	}
	return file
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var e called
	if err != nil || json.Unmarshal(body, &e) != nil || q.Method != http.MethodPost || q.URL.Path != "/events" || q.Header.Get("Content-Type") != "application/json" {
		r.t.Errorf("%s %s: %s, %v", q.Method, q.URL, body, err)
	}
	e.body = string(body)
	if e.ID != q.Header.Get("Webhook-Id") || !r.verifies(q.Header, body) {
		r.t.Errorf("headers %v do not fit %s", q.Header, body)
	}
	if len(q.TLS.PeerCertificates) == 0 {
		r.t.Error("whoever delivers does not say who it is")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, e)
	status := http.StatusNoContent
	if r.tell != nil {
		status = r.tell(len(r.got))
	}
	w.WriteHeader(status)
}

// verifies checks the signature as the Standard Webhooks say, by the keys that were given out.
func (r *receiver) verifies(h http.Header, body []byte) bool {
	at, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	keys, err := os.ReadFile(config.Config{DataDir: r.dir}.EventKeys())
	if err != nil {
		r.t.Error(err)
	}
	content := []byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "." + string(body))
	for line := range strings.Lines(string(keys)) {
		encoded, _, _ := strings.Cut(strings.TrimPrefix(line, "whpk_"), " ")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != ed25519.PublicKeySize {
			continue
		}
		for signature := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1a,"))
			if err == nil && ed25519.Verify(key, content, raw) {
				return true
			}
		}
	}
	return false
}

// all gives the deliveries so far.
func (r *receiver) all() []called {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// first gives the events in the order in which each came first.
func (r *receiver) first() (events []called, again int) {
	seen := map[string]bool{}
	for _, e := range r.all() {
		if seen[e.ID] {
			again++
			continue
		}
		seen[e.ID] = true
		events = append(events, e)
	}
	return events, again
}

// wait waits until a receiver has so many events.
func (r *receiver) wait(events int) (got []called) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%d events have come", events), func() bool {
		got, _ = r.first()
		return len(got) >= events
	})
	return got
}

// chained checks that events are in the order of the log and that each names the one before.
func chained(t *testing.T, who string, events []called) {
	t.Helper()
	for i := 1; i < len(events); i++ {
		if events[i].Sequence <= events[i-1].Sequence || events[i].Previous != events[i-1].Sequence {
			t.Errorf("%s: event %d after %d names %d as the one before", who, events[i].Sequence, events[i-1].Sequence, events[i].Previous)
		}
	}
}

// rosterWith gives a roster in which banks have these receivers, and no other bank has any.
func rosterWith(t *testing.T, dir string, receivers map[string]*receiver) []byte {
	t.Helper()
	text := string(roster.Dev())
	for id, port := range roster.DevPorts() {
		old := fmt.Sprintf(`url: "https://localhost:%d", ca: banks/%[2]s-ca.pem, serverName: %[2]s.sandbox, ordersPath: /orders, eventsPath: /events`, port, id)
		if !strings.Contains(text, old) {
			t.Fatalf("%s has another endpoint than was thought", id)
		}
		next := strings.TrimSuffix(old, ", eventsPath: /events")
		if r := receivers[string(id)]; r != nil {
			ca := filepath.Base(r.authority(filepath.Join(dir, string(id)+"-events-ca.pem")))
			next = fmt.Sprintf("url: %q, ca: %s, serverName: %s, eventsPath: /events", r.web.URL, ca, serverName)
		}
		text = strings.Replace(text, old, next, 1)
	}
	return []byte(text)
}

func idsOf(events []called) []string {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	slices.Sort(ids)
	return ids
}
