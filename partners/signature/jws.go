package signature

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json" // unlike encoding/json it minds the case of names and refuses names that stand there twice
)

// Bounds of what is parsed, in bytes.
const (
	maxCompact  = 1 << 20  // a whole compact JWS
	maxDetached = 8 << 10  // a detached JWS or a plain signature
	maxHeader   = 4 << 10  // the header of a JWS, in base64url
	maxPKCS7    = 16 << 10 // a PKCS#7 signature, in base64
)

// header is what counts in the protected header of a JWS. What names keys that the sender brings along (jwk, jku, x5c, x5u)
// is not even read.
type header struct {
	Algorithm string   `json:"alg"`
	KeyID     string   `json:"kid"`
	B64       *bool    `json:"b64,omitempty"`
	Critical  []string `json:"crit,omitempty"`
}

// CompactJWS checks a compact JWS (RFC 7515) and gives what was signed.
func CompactJWS(v Verifier, body []byte, keys []Key, now time.Time) ([]byte, error) {
	if len(body) > maxCompact {
		return nil, fail(Malformed, "the JWS is too long")
	}
	parts := strings.Split(string(body), ".")
	if len(parts) != 3 {
		return nil, fail(Malformed, "a compact JWS has three parts")
	}
	h, err := readHeader(v, parts[0])
	if err != nil {
		return nil, err
	}
	payload, ok := decode(base64.RawURLEncoding, parts[1])
	if !ok || !h.encoded() {
		return nil, fail(Malformed, "the payload is not in base64url")
	}
	if err := checkJWS(v, h, parts[0]+"."+parts[1], parts[2], keys, now); err != nil {
		return nil, err // and nothing to go on with
	}
	return payload, nil
}

// DetachedJWS checks a compact JWS without its payload (RFC 7515, appendix F), which payload is: in base64url by default, as it
// is if the header says so (`b64`, RFC 7797).
func DetachedJWS(v Verifier, text string, payload []byte, keys []Key, now time.Time) error {
	if len(text) > maxDetached {
		return fail(Malformed, "the JWS is too long")
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[1] != "" {
		return fail(Malformed, "a detached JWS has three parts, the middle one empty")
	}
	h, err := readHeader(v, parts[0])
	if err != nil {
		return err
	}
	return checkJWS(v, h, signingInput(h, parts[0], payload), parts[2], keys, now)
}

func checkJWS(v Verifier, h header, message, sig string, keys []Key, now time.Time) error {
	raw, ok := decode(base64.RawURLEncoding, sig)
	if !ok || len(raw) == 0 {
		return fail(Malformed, "the signature is not in base64url")
	}
	key, err := choose(keys, now, func(k Key) bool { return h.KeyID != "" && k.ID == h.KeyID })
	if err != nil {
		return err
	}
	return check(v, key, []byte(message), raw)
}

func readHeader(v Verifier, text string) (header, error) {
	var h header
	if len(text) > maxHeader {
		return h, fail(Malformed, "the header of the JWS is too long")
	}
	content, ok := decode(base64.RawURLEncoding, text)
	if !ok || len(content) == 0 || content[0] != '{' {
		return h, fail(Malformed, "the header of the JWS is no object in base64url")
	}
	if err := json.Unmarshal(content, &h); err != nil {
		return h, fail(Malformed, "the header of the JWS is not JSON, or has a name twice")
	}
	if h.Algorithm != v.Algorithm() {
		return h, fail(Malformed, "the JWS is of another algorithm than the dialect's")
	}
	if !h.understood() {
		return h, fail(Malformed, "the header of the JWS holds critical parts that nobody here knows")
	}
	return h, nil
}

// understood reports whether the header has nothing critical but b64, and b64 only as a critical part.
func (h header) understood() bool {
	if h.Critical == nil {
		return h.B64 == nil
	}
	return len(h.Critical) == 1 && h.Critical[0] == "b64" && h.B64 != nil
}

// encoded reports whether the payload is signed in base64url.
func (h header) encoded() bool { return h.B64 == nil || *h.B64 }

func signingInput(h header, text string, payload []byte) string {
	if h.encoded() {
		return text + "." + base64.RawURLEncoding.EncodeToString(payload)
	}
	return text + "." + string(payload)
}

// decode takes exactly one text for each content: no line breaks, no spare bits.
func decode(encoding *base64.Encoding, text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	content, err := encoding.Strict().DecodeString(text)
	return content, err == nil
}

// SignCompactJWS makes a compact JWS.
func SignCompactJWS(s Signer, payload []byte) ([]byte, error) {
	h := header{Algorithm: s.Algorithm(), KeyID: s.Key().ID}
	text, err := headerText(h)
	if err != nil {
		return nil, err
	}
	message := signingInput(h, text, payload)
	sig, err := s.Sign([]byte(message))
	if err != nil {
		return nil, err
	}
	return []byte(message + "." + base64.RawURLEncoding.EncodeToString(sig)), nil
}

// SignDetachedJWS makes a detached JWS over the payload as it is (`b64` false), so that nobody has to encode a body to check it.
func SignDetachedJWS(s Signer, payload []byte) (string, error) {
	plain := false
	h := header{Algorithm: s.Algorithm(), KeyID: s.Key().ID, B64: &plain, Critical: []string{"b64"}}
	text, err := headerText(h)
	if err != nil {
		return "", err
	}
	sig, err := s.Sign([]byte(signingInput(h, text, payload)))
	if err != nil {
		return "", err
	}
	return text + ".." + base64.RawURLEncoding.EncodeToString(sig), nil
}

func headerText(h header) (string, error) {
	content, err := json.Marshal(h)
	return base64.RawURLEncoding.EncodeToString(content), err
}
