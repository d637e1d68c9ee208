package banks_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/sandbox/banks"
)

// signer makes the world's banks believe a key of the test, beside the gateway's.
func (w *world) signer() ed25519.PrivateKey {
	w.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	w.must(err)
	path := filepath.Join(w.dir, "event-keys.txt")
	held, err := os.ReadFile(path)
	w.must(err)
	line := "whpk_" + base64.StdEncoding.EncodeToString(public) + " 2026-01-01T00:00:00Z\n"
	w.must(os.WriteFile(path, append(held, line...), 0o600))
	return private
}

// delivery is an event on its way.
func delivery(key ed25519.PrivateKey, id, body string, at time.Time) bank.Call {
	stamp := strconv.FormatInt(at.Unix(), 10)
	sig := base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(id+"."+stamp+"."+body)))
	return bank.Call{Method: http.MethodPost, Path: banks.EventsPath, Body: []byte(body), Header: map[string]string{
		"content-type": "application/json", "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": "v1,AAAA v1a," + sig,
	}}
}

func (w *world) deliver(call bank.Call) int {
	w.Helper()
	reply, err := w.clients.Do(w.Context(), "vtb", call)
	w.must(err)
	return reply.Status
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	key, now := w.signer(), time.Now()
	for _, c := range []struct{ id, body string }{{"e1", `{"a":1}`}, {"e2", `{"a":2}`}, {"e1", `{"a":1}`}} {
		if status := w.deliver(delivery(key, c.id, c.body, now)); status != http.StatusNoContent {
			t.Errorf("%s: status %d", c.id, status)
		}
	}
	got := w.banks["vtb"].Events()
	if len(got) != 2 || got[0].ID != "e1" || got[0].Received != 2 || string(got[1].Body) != `{"a":2}` {
		t.Errorf("events %+v", got)
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	w.must(err)
	changed := delivery(key, "e3", `{"a":3}`, now)
	changed.Body = []byte(`{"a":4}`)
	renamed := delivery(key, "e3", `{"a":3}`, now)
	renamed.Header["webhook-id"] = "e4"
	for name, call := range map[string]bank.Call{
		"a stranger's": delivery(stranger, "e3", `{}`, now), "changed": changed, "renamed": renamed, "no JSON": delivery(key, "e3", `{`, now),
		"old": delivery(key, "e3", `{}`, now.Add(-6*time.Minute)), "early": delivery(key, "e3", `{}`, now.Add(6*time.Minute)), "no id": delivery(key, "", `{}`, now),
		"for another": delivery(key, "e3", `{"receiver":"sberbank"}`, now),
	} {
		if status := w.deliver(call); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if got := w.banks["vtb"].Events(); len(got) != 2 {
		t.Errorf("events %+v", got)
	}
}

// A bank that takes an event and loses the answer gets it again, and can tell.
func TestTheAnswerToAnEventIsLost(t *testing.T) {
	w := newWorld(t)
	call := delivery(w.signer(), "e1", `{}`, time.Now())
	w.misbehave("vtb", banks.Fault{Kind: banks.Duplicate, Count: 1})
	if _, err := w.clients.Do(t.Context(), "vtb", call); bank.CauseOf(err) != bank.ServerError {
		t.Errorf("error %v", err)
	}
	if status := w.deliver(call); status != http.StatusNoContent {
		t.Errorf("status %d", status)
	}
	if got := w.banks["vtb"].Events(); len(got) != 1 || got[0].Received != 2 {
		t.Errorf("events %+v", got)
	}
}

func TestParseEventKeys(t *testing.T) {
	for _, text := range []string{"whpk_", "whpk_AAAA", "key", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		if _, err := banks.ParseEventKeys(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if keys, err := banks.ParseEventKeys("# none\n\n"); err != nil || len(keys) != 0 {
		t.Errorf("%v, %v", keys, err)
	}
}
