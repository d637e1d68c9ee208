package banks

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what a bank takes and keeps.
const (
	maxEvent   = 64 << 10
	keptEvents = 10_000
	clockApart = 5 * time.Minute // that a delivery's time may be from the bank's, either way
)

// Event is an event that was delivered.
type Event struct {
	ID       string          `json:"id"`
	First    time.Time       `json:"first"`    // delivery
	Received int             `json:"received"` // times
	Body     json.RawMessage `json:"body"`
}

// events are those delivered, in the order of their first arrival; the oldest are dropped.
type events struct {
	mutex sync.Mutex
	list  []Event
}

// Events lists the events that were delivered, in the order in which each came first.
func (b *Bank) Events() []Event {
	b.events.mutex.Lock()
	defer b.events.mutex.Unlock()
	return slices.Clone(b.events.list)
}

// ParseEventKeys reads the file in which a gateway tells with which keys it signs events: lines `whpk_KEY` with more behind them.
func ParseEventKeys(text string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, " ")
		encoded, ok := strings.CutPrefix(name, "whpk_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) != ed25519.PublicKeySize {
			return nil, errors.New("banks: not a public key of events")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// event takes an event.
func (b *Bank) event(r *http.Request, fault Kind) reply {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEvent+1))
	if err != nil || len(body) > maxEvent {
		return plain(http.StatusRequestEntityTooLarge, "the event is too long")
	}
	keys, err := b.cfg.EventKeys()
	if err != nil {
		return plain(http.StatusInternalServerError, "the keys of events cannot be read")
	}
	if err := verifyEvent(r.Header, body, keys, b.cfg.Clock()); err != nil {
		return plain(http.StatusUnauthorized, err.Error())
	}
	if !isFor(string(b.cfg.ID), body) {
		return plain(http.StatusUnauthorized, errEventReceiver.Error())
	}
	b.events.add(r.Header.Get(headerID), body, b.cfg.Clock())
	if fault == Duplicate {
		return plain(http.StatusInternalServerError, "the event was taken, and the answer lost")
	}
	return reply{status: http.StatusNoContent}
}

func (e *events) add(id string, body []byte, now time.Time) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if i := slices.IndexFunc(e.list, func(one Event) bool { return one.ID == id }); i >= 0 {
		e.list[i].Received++
		return
	}
	if len(e.list) == keptEvents {
		e.list = slices.Delete(e.list, 0, 1)
	}
	e.list = append(e.list, Event{ID: id, First: now, Received: 1, Body: body})
}

// Headers of the Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// Errors of deliveries.
var (
	errEventForm      = errors.New("not a delivery by the Standard Webhooks")
	errEventTime      = errors.New("the delivery is of another time")
	errEventSignature = errors.New("no signature of the delivery is of a known key")
	errEventReceiver  = errors.New("the delivery was signed for another receiver")
)

// isFor reports whether an event is for a receiver. All events are signed by one key: another receiver may hand on what it was told.
func isFor(receiver string, body []byte) bool {
	var named struct {
		Receiver string `json:"receiver"`
	}
	return json.Unmarshal(body, &named) == nil && (named.Receiver == receiver || named.Receiver == "")
}

// verifyEvent checks a delivery by the Standard Webhooks, of which it knows Ed25519.
func verifyEvent(header http.Header, body []byte, keys []ed25519.PublicKey, now time.Time) error {
	id, stamp := header.Get(headerID), header.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil || !json.Valid(body) {
		return errEventForm
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > clockApart {
		return errEventTime
	}
	content := append([]byte(id+"."+stamp+"."), body...)
	for _, text := range strings.Fields(header.Get(headerSignature)) {
		encoded, ok := strings.CutPrefix(text, "v1a,")
		sig, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			continue
		}
		if slices.ContainsFunc(keys, func(key ed25519.PublicKey) bool { return ed25519.Verify(key, content, sig) }) {
			return nil
		}
	}
	return errEventSignature
}
