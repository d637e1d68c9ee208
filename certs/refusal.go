package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
)

// Refusals, for the label of a metric.
const (
	RefusalIdentity          = "identity"
	RefusalUntrusted         = "untrusted"
	RefusalExpired           = "expired"
	RefusalRevoked           = "revoked"
	RefusalRevocationUnknown = "revocation_unknown"
	RefusalNoCertificate     = "no_certificate"
	RefusalProtocol          = "protocol" // the handshake failed before or beside the certificate
)

// Refusal names why a handshake or a Check failed, in one of the words above; empty for nil. A handshake can fail inside
// crypto/tls, before this package is asked; give its error to Refusal as well, so that metrics see those callers too.
func Refusal(err error) string {
	if err == nil {
		return ""
	}
	for _, one := range []struct {
		err  error
		word string
	}{
		{ErrRevoked, RefusalRevoked},
		{ErrRevocationUnknown, RefusalRevocationUnknown},
		{ErrExpired, RefusalExpired},
		{ErrUntrusted, RefusalUntrusted},
		{ErrIdentity, RefusalIdentity},
	} {
		if errors.Is(err, one.err) {
			return one.word
		}
	}
	var verification *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return RefusalExpired
	case errors.As(err, &verification):
		return RefusalUntrusted
	case strings.Contains(err.Error(), "client didn't provide a certificate"): // crypto/tls has no error value for it
		return RefusalNoCertificate
	default:
		return RefusalProtocol
	}
}
