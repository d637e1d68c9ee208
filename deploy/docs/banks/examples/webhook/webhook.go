// Package webhook shows how a bank checks and takes the events that the gateway delivers to it: the Standard Webhooks with Ed25519.
//
// Promise: an event is taken when the gateway has signed exactly these bytes not long ago for this bank, and is then handed on once, however often
// it is delivered.
//
// Limits: it keeps the ids that it has seen in memory; a bank keeps them where it keeps what the events have led to, in one transaction
// with that.
package webhook

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what is taken.
const (
	maxBody = 64 << 10
	maxSkew = 5 * time.Minute // between the delivery and our clock, either way
)

// Event is what the gateway tells. It holds no personal data.
type Event struct {
	ID       string          `json:"id"`       // the same with every delivery
	Type     string          `json:"type"`     // for example confirmation.decided; ignore those that you do not know
	Receiver string          `json:"receiver"` // the id of who is told
	Sequence int64           `json:"sequence"`
	Previous int64           `json:"previousSequence"` // of your event before this one; -1: none, or not known
	Time     time.Time       `json:"time"`
	Replay   bool            `json:"replay"` // delivered once more because somebody asked for it
	Data     json.RawMessage `json:"data"`
}

// ParseKeys reads the public keys that the gateway's operators give out: lines that begin with `whpk_` and the key in base64.
func ParseKeys(text string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name[0] == '#' {
			continue
		}
		encoded, ok := strings.CutPrefix(name, "whpk_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) != ed25519.PublicKeySize {
			return nil, errors.New("not a public key of events")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Verify checks one delivery. While the gateway changes its key there are two signatures; any one of a known key will do.
func Verify(header http.Header, body []byte, keys []ed25519.PublicKey, now time.Time) error {
	id, stamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return errors.New("the delivery is of another time")
	}
	signed := append([]byte(id+"."+stamp+"."), body...)
	for _, text := range strings.Fields(header.Get("Webhook-Signature")) {
		encoded, ok := strings.CutPrefix(text, "v1a,")
		sig, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			continue
		}
		for _, key := range keys {
			if ed25519.Verify(key, signed, sig) {
				return nil
			}
		}
	}
	return errors.New("no signature is of a known key")
}

// Receiver is an http.Handler for the path to which events are delivered. It is safe for concurrent use.
type Receiver struct {
	Bank  string // your own id with the gateway
	Keys  []ed25519.PublicKey
	Clock func() time.Time
	Take  func(ctx context.Context, e Event) error // is called once for each event, unless it fails

	mutex sync.Mutex
	seen  map[string]bool
}

// ServeHTTP answers 204 once an event is taken, also when it was taken before. Any other answer makes the gateway deliver it again, and
// nothing that comes after it.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err := Verify(request.Header, body, r.Keys, r.Clock()); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var e Event
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if e.Receiver != r.Bank { // somebody else has handed on what the gateway has signed for them
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err := r.once(request.Context(), e); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *Receiver) once(ctx context.Context, e Event) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.seen[e.ID] {
		return nil
	}
	if err := r.Take(ctx, e); err != nil {
		return err
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[e.ID] = true
	return nil
}
