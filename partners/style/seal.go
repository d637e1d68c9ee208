package style

import (
	"time"

	"github.com/poruka/poruka/partners/signature"
)

// seal is the signature scheme of a dialect.
type seal interface {
	// headers are the request headers that it reads.
	headers() []string
	// open checks the signature and gives what was signed, and nothing when it does not hold.
	open(in Message, keys []signature.Key, now time.Time) ([]byte, error)
	// close signs a body: it puts headers into m, and the body, signed if its form changes.
	close(m *Message, signer signature.Signer) error
}

// unsigned is no signature: the connection alone says who sends.
type unsigned struct{}

func (unsigned) headers() []string { return nil }

func (unsigned) open(in Message, _ []signature.Key, _ time.Time) ([]byte, error) { return in.Body, nil }

func (unsigned) close(*Message, signature.Signer) error { return nil }

// compactJWS is a body that is a JWS around the request.
type compactJWS struct{ verifier signature.Verifier }

func (compactJWS) headers() []string { return nil }

func (s compactJWS) open(in Message, keys []signature.Key, now time.Time) ([]byte, error) {
	return signature.CompactJWS(s.verifier, in.Body, keys, now)
}

func (compactJWS) close(m *Message, signer signature.Signer) error {
	body, err := signature.SignCompactJWS(signer, m.Body)
	m.Body = body
	return err
}

// detachedJWS is a JWS without its payload in a header.
type detachedJWS struct {
	verifier signature.Verifier
	header   string
}

func (s detachedJWS) headers() []string { return []string{s.header} }

func (s detachedJWS) open(in Message, keys []signature.Key, now time.Time) ([]byte, error) {
	return in.Body, signature.DetachedJWS(s.verifier, in.Header[s.header], in.Body, keys, now)
}

func (s detachedJWS) close(m *Message, signer signature.Signer) (err error) {
	m.Header[s.header], err = signature.SignDetachedJWS(signer, m.Body)
	return err
}

// detachedPlain is a signature in a header and the name of its key in another.
type detachedPlain struct {
	verifier          signature.Verifier
	header, keyHeader string
}

func (s detachedPlain) headers() []string { return []string{s.header, s.keyHeader} }

func (s detachedPlain) open(in Message, keys []signature.Key, now time.Time) ([]byte, error) {
	return in.Body, signature.Detached(s.verifier, in.Header[s.keyHeader], in.Header[s.header], in.Body, keys, now)
}

func (s detachedPlain) close(m *Message, signer signature.Signer) (err error) {
	m.Header[s.keyHeader] = signer.Key().ID
	m.Header[s.header], err = signature.SignDetached(signer, m.Body)
	return err
}

// detachedPKCS7 is a PKCS#7 signature without its content in a header.
type detachedPKCS7 struct {
	verifier signature.Verifier
	header   string
}

func (s detachedPKCS7) headers() []string { return []string{s.header} }

func (s detachedPKCS7) open(in Message, keys []signature.Key, now time.Time) ([]byte, error) {
	return in.Body, signature.DetachedPKCS7(s.verifier, in.Header[s.header], in.Body, keys, now)
}

func (s detachedPKCS7) close(m *Message, signer signature.Signer) (err error) {
	m.Header[s.header], err = signature.SignPKCS7(signer, m.Body)
	return err
}
