package tlog

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"

	"github.com/poruka/poruka/ledger/seal"
)

// Key is a key of the ring under the name of the log. It implements note.Signer.
type Key struct {
	origin string
	secret seal.LogKey
	hash   uint32
	public string
}

// ErrNoKey is the error of a ring that is from before there was a log.
var ErrNoKey = errors.New("tlog: the key ring has no key for the log")

// NewKey gives the key with which a ring signs the log called origin: a name without blanks and plus signs, by which the world
// knows the log, for example `gateway.example/log`.
func NewKey(origin string, ring *seal.Ring) (*Key, error) {
	secret, ok := ring.LogKey()
	if !ok {
		return nil, ErrNoKey
	}
	return keyOf(origin, secret)
}

func keyOf(origin string, secret seal.LogKey) (*Key, error) {
	if err := checkOrigin(origin); err != nil {
		return nil, err
	}
	public, err := note.NewEd25519VerifierKey(origin, secret.Public)
	if err != nil {
		return nil, fmt.Errorf("tlog: %w", err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("tlog: %w", err)
	}
	return &Key{origin, secret, verifier.KeyHash(), public}, nil
}

func checkOrigin(origin string) error {
	if origin == "" || origin == receiptLabel || origin == manifestLabel || strings.ContainsFunc(origin, unicode.IsSpace) || strings.Contains(origin, "+") {
		return fmt.Errorf("tlog: %q cannot be the name of a log", origin)
	}
	return nil
}

// VerifierKeys lists the public halves of all keys of the ring, as lines `vkey TIME`: the key in the form of C2SP signed notes, and
// since when it may have signed. The key in use comes first. It is what verify.ParseKeys reads.
func VerifierKeys(origin string, ring *seal.Ring) ([]string, error) {
	var lines []string
	for _, secret := range ring.LogKeys() {
		key, err := keyOf(origin, secret)
		if err != nil {
			return nil, err
		}
		lines = append(lines, key.public+" "+secret.Created.UTC().Format("2006-01-02T15:04:05Z07:00"))
	}
	return lines, nil
}

// Origin is the name of the log.
func (k *Key) Origin() string { return k.origin }

// Name is Origin: the key is called as its log is.
func (k *Key) Name() string { return k.origin }

// KeyHash tells the keys of one log apart.
func (k *Key) KeyHash() uint32 { return k.hash }

// VerifierKey is the public half as C2SP signed notes write it.
func (k *Key) VerifierKey() string { return k.public }

// Sign signs a note. It never fails.
func (k *Key) Sign(message []byte) ([]byte, error) { return k.sign(message), nil }

func (k *Key) sign(message []byte) []byte { return k.secret.Sign(message) }

// Keys gives all keys of the ring, that of NewKey first: those by which what was signed is believed.
func Keys(origin string, ring *seal.Ring) ([]*Key, error) {
	var keys []*Key
	for _, secret := range ring.LogKeys() {
		key, err := keyOf(origin, secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
