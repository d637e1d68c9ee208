package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Errors. Those that are wrapped around others say more.
var (
	// ErrMalformed: the text is not what it should be.
	ErrMalformed = errors.New("verify: malformed")
	// ErrUntrusted: no trusted key has signed it, or it was changed.
	ErrUntrusted = errors.New("verify: not signed by a trusted key")
	// ErrExpired: a trusted key has signed it, for a time at which that key did not count.
	ErrExpired = errors.New("verify: signed outside of the time of the key")
	// ErrProof: the proof does not prove it.
	ErrProof = errors.New("verify: the proof does not hold")
)

// Key is a key to trust. Name is the origin of its log.
type Key struct {
	note.Verifier
	From, Until time.Time // when it may have signed; zero: no bound. Until does not belong to it
	public      ed25519.PublicKey
}

// Keys are those to trust.
type Keys []Key

// ParseKeys reads one key a line: a vkey as C2SP signed notes have it, and after blanks, optionally, the times (RFC 3339) from
// which and until which it counts. Empty lines and those that begin with # count for nothing.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		key, err := parseKey(words)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d of the keys: %w", ErrMalformed, number, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no key to trust", ErrMalformed)
	}
	return keys, nil
}

// ed25519Algorithm is the first byte of an Ed25519 key in a vkey.
const ed25519Algorithm = 1

func parseKey(words []string) (key Key, err error) {
	if len(words) > 3 {
		return key, errors.New("more than a key and two times")
	}
	if key.Verifier, err = note.NewVerifier(words[0]); err != nil {
		return key, errors.New("not a vkey")
	}
	_, last, _ := strings.Cut(words[0], "+")
	_, last, _ = strings.Cut(last, "+")
	raw, err := base64.StdEncoding.DecodeString(last)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != ed25519Algorithm {
		return key, errors.New("not an Ed25519 key")
	}
	key.public = raw[1:]
	for i, at := range []*time.Time{&key.From, &key.Until} {
		if len(words) <= i+1 {
			break
		}
		if *at, err = time.Parse(time.RFC3339, words[i+1]); err != nil {
			return key, errors.New("not a time")
		}
	}
	return key, nil
}

// covers reports whether the key counts at a time.
func (k Key) covers(at time.Time) bool {
	return (k.From.IsZero() || !at.Before(k.From)) && (k.Until.IsZero() || at.Before(k.Until))
}

func (keys Keys) verifiers() note.Verifiers {
	list := make([]note.Verifier, 0, len(keys))
	seen := map[string]bool{}
	for _, k := range keys {
		if id := fmt.Sprintf("%s+%08x", k.Name(), k.KeyHash()); !seen[id] {
			seen[id] = true
			list = append(list, k.Verifier)
		}
	}
	return note.VerifierList(list...)
}
