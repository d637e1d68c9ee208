// Package signature checks and makes the signatures on the bodies of banks.
//
// Promise: a body is taken only when a key that the roster holds for the bank, and that is valid now, has signed exactly these bytes
// with the one algorithm of the dialect. An error says which step failed, and nothing of the body.
//
// Powers: a Verifier is one algorithm, so that a GOST module can be plugged in.
//
// Limits: it fetches nothing: no key, no certificate, no address from a message is ever followed or believed.
package signature

import (
	"crypto"
	"crypto/x509"
	"errors"
	"time"
)

// Key is a key with which a bank signs.
type Key struct {
	ID          string            // `kid` of a JWS; of a certificate its serial number, hexadecimal
	Public      crypto.PublicKey  // *ecdsa.PublicKey, *rsa.PublicKey, ed25519.PublicKey, or a pluggable algorithm's own
	Certificate *x509.Certificate // nil unless the roster has one
	NotBefore   time.Time         // valid from; the zero time: always was
	NotAfter    time.Time         // valid until, inclusive; the zero time: no end
}

// ActiveAt reports whether the key is valid at now.
func (k Key) ActiveAt(now time.Time) bool {
	return !now.Before(k.NotBefore) && (k.NotAfter.IsZero() || !now.After(k.NotAfter))
}

// Algorithm is the one algorithm of keys of its kind, as a Verifier names it; empty for a key that is of none of ours.
func (k Key) Algorithm() string {
	name, err := algorithmOf(k.Public)
	if err != nil {
		return ""
	}
	return name
}

// Step is the step of a check that failed. The names are those of the gateway's reasons.
type Step string

// Steps, in the order in which they are made.
const (
	Malformed     Step = "SIGNATURE_MALFORMED"      // no signature, another form, another algorithm
	KeyUnknown    Step = "SIGNATURE_KEY_UNKNOWN"    // not a key of this bank
	KeyInactive   Step = "SIGNATURE_KEY_INACTIVE"   // not valid yet, or any more
	DigestDiffers Step = "SIGNATURE_DIGEST_DIFFERS" // does not fit these bytes
)

// Steps lists them all, in the order in which they are made.
func Steps() []Step { return []Step{Malformed, KeyUnknown, KeyInactive, DigestDiffers} }

// Error is a signature that was not taken.
type Error struct {
	Step  Step
	cause error // for logs; a constant text, never anything of the message
}

// Error gives the step.
func (e *Error) Error() string { return "signature: " + string(e.Step) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Verifier is one signature algorithm.
type Verifier interface {
	// Algorithm is its name, for a JWS as RFC 7518 and RFC 8037 have it: PS256, ES256, EdDSA.
	Algorithm() string
	// Verify reports whether sig is the signature of key over message. It gives false for a key of another kind.
	Verify(key Key, message, sig []byte) bool
}

// Signer is a bank's private key; the sandbox and the conformance run have some.
type Signer interface {
	// Key is the public half, as the roster would have it.
	Key() Key
	// Algorithm is the name of the algorithm, as that of a Verifier.
	Algorithm() string
	// Sign signs a message.
	Sign(message []byte) ([]byte, error)
}

// fail makes an Error. why is a constant, so that nothing of a message gets into logs.
func fail(step Step, why string) error {
	return &Error{Step: step, cause: errors.New("signature: " + why)}
}

// choose finds the key that is named. Of several with one name any that is valid now will do.
func choose(keys []Key, now time.Time, named func(Key) bool) (Key, error) {
	found := false
	for _, key := range keys {
		if !named(key) {
			continue
		}
		if key.ActiveAt(now) {
			return key, nil
		}
		found = true
	}
	if found {
		return Key{}, fail(KeyInactive, "the key is not valid now")
	}
	return Key{}, fail(KeyUnknown, "the roster has no such key of this bank")
}

// check is the last step.
func check(v Verifier, key Key, message, sig []byte) error {
	if !v.Verify(key, message, sig) {
		return fail(DigestDiffers, "the signature does not fit")
	}
	return nil
}
