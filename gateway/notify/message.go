package notify

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/seal"
)

// Message is a request as it goes to a receiver, by the Standard Webhooks.
type Message struct {
	ID        string // of the event, the same with every try
	Timestamp string // of the try, Unix seconds
	Signature string // `v1a,` and Base64, for each key; parted by blanks
	Body      []byte // JSON
}

// Header gives the headers of the message.
func (m Message) Header() map[string]string {
	return map[string]string{
		"content-type": "application/json", "webhook-id": m.ID, "webhook-timestamp": m.Timestamp, "webhook-signature": m.Signature,
	}
}

// publicPrefix and signaturePrefix are those of Ed25519 in the Standard Webhooks.
const (
	publicPrefix    = "whpk_"
	signaturePrefix = "v1a,"
)

// signers is how many keys sign: the one in use and the newest other, so that a receiver may know either while one takes over.
const signers = 2

// signed makes a message of a body.
func signed(keys []seal.LogKey, id string, body []byte, now time.Time) Message {
	m := Message{ID: id, Timestamp: strconv.FormatInt(now.Unix(), 10), Body: body}
	content := append([]byte(m.ID+"."+m.Timestamp+"."), body...)
	var signatures []string
	for _, key := range keys[:min(len(keys), signers)] {
		signatures = append(signatures, signaturePrefix+base64.StdEncoding.EncodeToString(key.Sign(content)))
	}
	m.Signature = strings.Join(signatures, " ")
	return m
}

// PublicKeys lists the public halves of the keys that sign events, as lines `whpk_KEY TIME`: the key in the form of the Standard
// Webhooks, and since when it may have signed. The key in use comes first. Empty: the ring has none.
func PublicKeys(ring *seal.Ring) []string {
	var lines []string
	for _, key := range ring.EventKeys() {
		lines = append(lines, publicPrefix+base64.StdEncoding.EncodeToString(key.Public)+" "+key.Created.UTC().Format(time.RFC3339))
	}
	return lines
}
