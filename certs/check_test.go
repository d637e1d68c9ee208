package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

// stateOf is what a server knows of a client after a handshake.
func stateOf(t testing.TB, w *world, certificate tls.Certificate) tls.ConnectionState {
	t.Helper()
	state := tls.ConnectionState{HandshakeComplete: true}
	for _, der := range certificate.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		state.PeerCertificates = append(state.PeerCertificates, cert)
	}
	state.VerifiedChains = [][]*x509.Certificate{append(slices.Clone(state.PeerCertificates), w.root.Cert)}
	return state
}

func TestCheckWantsAVerifiedCertificate(t *testing.T) {
	w := newWorld(t)
	state := stateOf(t, w, w.ca.Client(t, sberbank))
	if caller, err := w.source.Check(state); err != nil || caller.ID != "sberbank" {
		t.Fatalf("%q, %v", caller.String(), err)
	}
	server := stateOf(t, w, w.ca.Client(t, sberbank, certstest.Usage(x509.ExtKeyUsageServerAuth)))
	if _, err := w.source.Check(server); !errors.Is(err, certs.ErrUntrusted) {
		t.Errorf("a server's certificate: %v", err)
	}
	state.VerifiedChains = nil
	if _, err := w.source.Check(state); !errors.Is(err, certs.ErrIdentity) {
		t.Errorf("an unverified certificate: %v", err)
	}
	if _, err := w.source.Check(tls.ConnectionState{}); !errors.Is(err, certs.ErrIdentity) {
		t.Errorf("no certificate: %v", err)
	}
}

// What was decided for one chain says nothing of the same leaf in another.
func TestVerdictsAreOfAWholeChain(t *testing.T) {
	w := newWorld(t)
	good := stateOf(t, w, w.ca.Client(t, sberbank))
	short := good
	short.PeerCertificates = good.PeerCertificates[:1]
	for range 2 {
		if _, err := w.source.Check(short); !errors.Is(err, certs.ErrUntrusted) {
			t.Errorf("without its intermediate: %v", err)
		}
		if _, err := w.source.Check(good); err != nil {
			t.Errorf("with its intermediate: %v", err)
		}
	}
}

// Not every certificate is kept in memory.
func TestVerdictsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("issues thousands of certificates")
	}
	w := newWorld(t)
	first := stateOf(t, w, w.ca.Client(t, sberbank))
	for i := range 1100 {
		certificate := w.ca.Client(t, fmt.Sprintf("poruka://dev.poruka/bank/b%d", i))
		caller, err := w.source.Check(stateOf(t, w, certificate))
		if err != nil || caller.ID != fmt.Sprintf("b%d", i) {
			t.Fatalf("%q, %v", caller.ID, err)
		}
	}
	if caller, err := w.source.Check(first); err != nil || caller.ID != "sberbank" {
		t.Fatalf("%q, %v", caller.ID, err)
	}
}

func TestErrorsRepeatNoName(t *testing.T) {
	w := newWorld(t)
	for _, certificate := range []tls.Certificate{
		w.ca.Client(t, "poruka://dev.poruka/bank/Mallory"),
		certstest.NewRoot(t, epoch(), "Mallory").Client(t, sberbank),
		w.ca.Client(t, "https://Mallory"),
	} {
		_, err := w.source.Check(stateOf(t, w, certificate))
		if err == nil || strings.Contains(err.Error(), "Mallory") {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestExpiriesListAllThatIsInForce(t *testing.T) {
	w := newWorld(t)
	got := map[string]certs.Expiry{}
	for _, expiry := range w.source.Expiries() {
		got[expiry.Kind] = expiry
	}
	for kind, want := range map[string]certs.Expiry{
		certs.ExpiryServer:         {Time: w.server.Leaf.NotAfter, Serial: w.server.Leaf.SerialNumber.Text(16)},
		certs.ExpiryServerChain:    {Time: w.ca.Cert.NotAfter, Serial: w.ca.Cert.SerialNumber.Text(16), Name: "issuing CA"},
		certs.ExpiryClientCA:       {Time: w.root.Cert.NotAfter, Serial: w.root.Cert.SerialNumber.Text(16), Name: "root"},
		certs.ExpiryRevocationList: {Time: epoch().AddDate(0, 0, 7), Serial: "1", Name: "issuing CA"},
	} {
		want.Kind = kind
		if !got[kind].Time.Equal(want.Time) || got[kind].Serial != want.Serial || got[kind].Name != want.Name {
			t.Errorf("%s: %+v, want %+v", kind, got[kind], want)
		}
	}
}

func TestRefusalKnowsEveryError(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{certs.ErrIdentity, certs.RefusalIdentity},
		{certs.ErrUntrusted, certs.RefusalUntrusted},
		{certs.ErrExpired, certs.RefusalExpired},
		{fmt.Errorf("wrapped: %w", certs.ErrRevoked), certs.RefusalRevoked},
		{certs.ErrRevocationUnknown, certs.RefusalRevocationUnknown},
		{io.EOF, certs.RefusalProtocol},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, certs.RefusalUntrusted},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, certs.RefusalExpired},
	} {
		if got := certs.Refusal(test.err); got != test.want {
			t.Errorf("Refusal(%v) = %q, want %q", test.err, got, test.want)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	w := newWorld(b)
	state := stateOf(b, w, w.ca.Client(b, sberbank))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.source.Check(state); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkFirstCheck is a check after every file changed: the chain is built anew.
func BenchmarkFirstCheck(b *testing.B) {
	w := newWorld(b)
	good := stateOf(b, w, w.ca.Client(b, sberbank))
	short := good
	short.PeerCertificates = good.PeerCertificates[:1]
	for b.Loop() {
		_, _ = w.source.Check(short) // takes the place of the other
		if _, err := w.source.Check(good); err != nil {
			b.Fatal(err)
		}
	}
}
