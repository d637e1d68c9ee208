package webhook_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/deploy/docs/banks/examples/webhook"
)

const body = `{"id":"8e0f3f2a","type":"confirmation.decided","receiver":"vtb","sequence":7,"previousSequence":3,"time":"2026-11-02T09:00:00Z","data":{"bank":"vtb"}}`

// anothers is an event that was signed for another receiver.
func anothers() string { return strings.Replace(body, `"receiver":"vtb"`, `"receiver":"sberbank"`, 1) }

func now() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }

// world is a receiver, and the gateway that delivers to it.
type world struct {
	t        *testing.T
	old, key ed25519.PrivateKey
	receiver *webhook.Receiver
	taken    []webhook.Event
	fails    bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, old: newKey(t), key: newKey(t)}
	line := "# a comment\n\nwhpk_" + base64.StdEncoding.EncodeToString(w.key.Public().(ed25519.PublicKey)) + " 2026-01-01T00:00:00Z\n" //nolint:errcheck,forcetypeassert // it is
	keys, err := webhook.ParseKeys(line)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	w.receiver = &webhook.Receiver{Bank: "vtb", Keys: keys, Clock: now, Take: func(_ context.Context, e webhook.Event) error {
		if w.fails {
			return errors.New("the bank's store is away")
		}
		w.taken = append(w.taken, e)
		return nil
	}}
	return w
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed is a delivery that keys have signed.
func signed(id string, at time.Time, body string, keys ...ed25519.PrivateKey) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, key := range keys {
		signatures = append(signatures, "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(id+"."+stamp+"."+body))))
	}
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {strings.Join(signatures, " ")}}
}

func (w *world) deliver(header http.Header, body string) int {
	w.t.Helper()
	request := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/events", strings.NewReader(body))
	request.Header = header
	answer := httptest.NewRecorder()
	w.receiver.ServeHTTP(answer, request)
	return answer.Code
}

func TestReceiver(t *testing.T) {
	const id = "8e0f3f2a"
	for _, test := range []struct {
		name   string
		header func(w *world) http.Header
		body   string
		want   int
	}{
		{"good", func(w *world) http.Header { return signed(id, now(), body, w.key) }, body, 204},
		{"two keys, one known", func(w *world) http.Header { return signed(id, now(), body, w.old, w.key) }, body, 204},
		{"four minutes ago", func(w *world) http.Header { return signed(id, now().Add(-4*time.Minute), body, w.key) }, body, 204},
		{"six minutes ago", func(w *world) http.Header { return signed(id, now().Add(-6*time.Minute), body, w.key) }, body, 401},
		{"six minutes ahead", func(w *world) http.Header { return signed(id, now().Add(6*time.Minute), body, w.key) }, body, 401},
		{"unknown key", func(w *world) http.Header { return signed(id, now(), body, w.old) }, body, 401},
		{"other body", func(w *world) http.Header { return signed(id, now(), body, w.key) }, strings.Replace(body, "7", "8", 1), 401},
		{"other id", func(w *world) http.Header {
			header := signed(id, now(), body, w.key)
			header.Set("Webhook-Id", "other")
			return header
		}, body, 401},
		{"not signed", func(*world) http.Header { return signed(id, now(), body) }, body, 401},
		{"another scheme", func(w *world) http.Header {
			header := signed(id, now(), body, w.key)
			header.Set("Webhook-Signature", strings.Replace(header.Get("Webhook-Signature"), "v1a", "v1", 1))
			return header
		}, body, 401},
		{"another's", func(w *world) http.Header { return signed(id, now(), anothers(), w.key) }, anothers(), 401},
		{"no JSON", func(w *world) http.Header { return signed(id, now(), "{", w.key) }, "{", 400},
		{"too long", func(w *world) http.Header { return signed(id, now(), body, w.key) }, strings.Repeat(" ", 65<<10), 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			if got := w.deliver(test.header(w), test.body); got != test.want || (len(w.taken) == 1) != (test.want == 204) {
				t.Errorf("%d, %d events taken; want %d", got, len(w.taken), test.want)
			}
		})
	}
}

// An event that comes twice is taken once; one that could not be taken comes again.
func TestOnce(t *testing.T) {
	w := newWorld(t)
	w.fails = true
	if got := w.deliver(signed("a", now(), body, w.key), body); got != http.StatusServiceUnavailable {
		t.Errorf("%d while the store is away", got)
	}
	w.fails = false
	for range 3 {
		if got := w.deliver(signed("a", now(), body, w.key), body); got != http.StatusNoContent {
			t.Errorf("%d", got)
		}
	}
	if len(w.taken) != 1 || w.taken[0].Sequence != 7 || w.taken[0].Previous != 3 {
		t.Errorf("%+v", w.taken)
	}
	for _, text := range []string{"whpk_AAAA 2026", "sk_" + strings.Repeat("A", 44), "whpk_!"} {
		if _, err := webhook.ParseKeys(text); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
}
