package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	"github.com/poruka/poruka/partners"
)

func doors() []Case {
	const ended = "the TLS handshake is ended"
	return []Case{
		{ID: "certificate-self-signed", Title: "a certificate with the bank's name that it has signed itself", Wants: ended, Run: selfMade},
		{ID: "certificate-missing", Title: "no certificate", Wants: ended, Run: bare},
		{ID: "other-bank", Title: "the door of another bank", Wants: "HTTP 403, refused for CERTIFICATE_NOT_YOURS", Run: otherDoor},
	}
}

func selfMade(ctx context.Context, b *Bank) error {
	own, err := x509.ParseCertificate(b.cfg.TLS.Certificates[0].Certificate[0])
	if err != nil || len(own.URIs) == 0 {
		return errNoName
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	forged, err := selfSigned(key, x509.Certificate{URIs: own.URIs, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, b.cfg.Clock())
	if err != nil {
		return err
	}
	return b.shutOut(ctx, tls.Certificate{Certificate: [][]byte{forged.Raw}, PrivateKey: key})
}

func bare(ctx context.Context, b *Bank) error { return b.shutOut(ctx, tls.Certificate{}) }

// shutOut tries to talk with a certificate of no worth. The certificate is sent whatever the gateway says it would like.
func (b *Bank) shutOut(ctx context.Context, certificate tls.Certificate) error {
	config := b.cfg.TLS.Clone()
	config.Certificates = nil
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
	conn, err := b.connect(ctx, config)
	if err == nil {
		defer conn.Close()
		var request *http.Request
		if request, err = http.NewRequestWithContext(ctx, http.MethodGet, b.url("/v1/caller"), http.NoBody); err != nil {
			return err
		}
		var first [12]byte
		if err = request.Write(conn); err == nil {
			_, err = conn.Read(first[:])
		}
		if err == nil {
			return differs("the end of the TLS handshake", "an answer, "+status(first[:]))
		}
	}
	cause := broken(err)
	if errors.Is(cause, errTLS) || errors.Is(cause, errBroken) {
		return nil
	}
	return fmt.Errorf("wanted the end of the TLS handshake; %w", cause)
}

// status shows the beginning of an HTTP answer, if it is one.
func status(first []byte) string {
	var major, minor, code int
	if _, err := fmt.Sscanf(string(first), "HTTP/%d.%d %d", &major, &minor, &code); err != nil {
		return "which is not HTTP"
	}
	return fmt.Sprintf("HTTP %d", code)
}

// connect makes a connection of its own, on which HTTP/1.1 is spoken.
func (b *Bank) connect(ctx context.Context, config *tls.Config) (*tls.Conn, error) {
	config.NextProtos = []string{"http/1.1"}
	raw, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", b.cfg.Address)
	if err != nil {
		return nil, err
	}
	conn, _ := raw.(*tls.Conn) // as its documentation says
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	return conn, nil
}

func otherDoor(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	m, err := b.encode(r)
	if err != nil {
		return err
	}
	other := partners.ID("sberbank")
	if b.cfg.ID == other {
		other = "vtb"
	}
	request, err := b.styled(ctx, other, m)
	if err != nil {
		return err
	}
	got, err := exchange(b.client, request)
	if err != nil {
		return err
	}
	const wanted = "HTTP 403, refused for CERTIFICATE_NOT_YOURS"
	if got.Status != http.StatusForbidden {
		return differs(wanted, fmt.Sprintf("HTTP %d", got.Status))
	}
	var native nativeRefusal // whether or not the gateway knows a bank there, nobody else is answered in its dialect
	if unmarshal(got.Body, &native) == nil && native.reason() == "CERTIFICATE_NOT_YOURS" {
		return nil
	}
	return differs(wanted, "HTTP 403 for another reason")
}
