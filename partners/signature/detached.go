package signature

import (
	"encoding/base64"
	"time"
)

// Detached checks a plain signature in base64 over payload, whose key the sender names beside it.
func Detached(v Verifier, keyID, sig string, payload []byte, keys []Key, now time.Time) error {
	if len(sig) > maxDetached {
		return fail(Malformed, "the signature is too long")
	}
	raw, ok := decode(base64.StdEncoding, sig)
	if !ok || len(raw) == 0 {
		return fail(Malformed, "the signature is not in base64")
	}
	key, err := choose(keys, now, func(k Key) bool { return keyID != "" && k.ID == keyID })
	if err != nil {
		return err
	}
	return check(v, key, payload, raw)
}

// SignDetached makes a plain signature in base64.
func SignDetached(s Signer, payload []byte) (string, error) {
	sig, err := s.Sign(payload)
	return base64.StdEncoding.EncodeToString(sig), err
}
