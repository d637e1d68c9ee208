package rpc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"log/slog"
	"math/big"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/rpc"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// grabbed keeps the services that are registered with it, so that they are called without a transport.
type grabbed struct {
	confirmations porukav1.ConfirmationServiceServer
	accounts      porukav1.PortalServiceServer
}

// RegisterService keeps a service.
func (g *grabbed) RegisterService(_ *grpc.ServiceDesc, impl any) {
	switch s := impl.(type) {
	case porukav1.ConfirmationServiceServer:
		g.confirmations = s
	case porukav1.PortalServiceServer:
		g.accounts = s
	}
}

// dialectRoster is a bank for each dialect, with its key.
type dialectRoster struct{ keys map[string]signature.Key }

func (r dialectRoster) All() []partners.Partner {
	var all []partners.Partner
	for _, name := range style.Standard().Names() {
		bank, _ := roster{}.Find("vtb")
		bank.ID, bank.Style = partners.ID(name), name
		if key, ok := r.keys[name]; ok {
			bank.Keys = []signature.Key{key}
		}
		all = append(all, bank)
	}
	return all
}

func (r dialectRoster) Find(id partners.ID) (partners.Partner, bool) {
	for _, p := range r.All() {
		if p.ID == id {
			return p, true
		}
	}
	return partners.Partner{}, false
}

func signersOfBanks(t testing.TB) map[string]signature.Signer {
	t.Helper()
	onCurve := func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
	signers := map[string]signature.Signer{}
	for bank, generate := range map[string]func() (crypto.Signer, error){
		"bspb":       func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
		"pochtabank": onCurve,
		"sberbank":   onCurve,
		"vtb":        func() (crypto.Signer, error) { _, key, err := ed25519.GenerateKey(rand.Reader); return key, err },
	} {
		key, err := generate()
		must(t, err)
		var certificate *x509.Certificate
		if bank == "pochtabank" {
			template := &x509.Certificate{
				SerialNumber: big.NewInt(1), NotBefore: start.Add(-time.Hour), NotAfter: start.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
			}
			der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
			must(t, err)
			certificate, err = x509.ParseCertificate(der)
			must(t, err)
		}
		signers[bank], err = signature.NewSigner(key, "", certificate)
		must(t, err)
	}
	return signers
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkStyled compares a call in each dialect with the native one, both as replays: what differs is the reading and the writing.
func BenchmarkStyled(b *testing.B) {
	signers := signersOfBanks(b)
	keys := map[string]signature.Key{}
	for bank, signer := range signers {
		keys[bank] = signer.Key()
	}
	services := servicesFor(b, dialectRoster{keys})
	portal := access.WithCaller(context.Background(), callerNamed(b, "portal"))
	_, err := services.accounts.PutAccount(portal, put())
	must(b, err)
	for i, name := range style.Standard().Names() {
		ctx := access.WithCaller(context.Background(), callerNamed(b, "bank/"+name))
		request := ask(i, func(r *porukav1.ConfirmIdentityRequest) { // times that every dialect can write
			r.Authentication.Time.Nanos, r.Consent.Time.Nanos = 0, 0
		})
		dialect, _ := style.Standard().Find(name)
		written, err := dialect.Encode(styledOf(request), signers[name])
		must(b, err)
		in := &porukav1.ConfirmStyledRequest{Bank: name, ContentType: written.ContentType, Body: written.Body}
		for header, value := range written.Header {
			in.Headers = append(in.Headers, &porukav1.StyledHeader{Name: header, Value: value})
		}
		if i == 0 {
			b.Run("native", timed(func() error { _, err := services.confirmations.ConfirmIdentity(ctx, request); return err }))
		}
		b.Run(name, timed(func() error { _, err := services.confirmations.ConfirmStyled(ctx, in); return err }))
		b.Run(name+"/read", timed(func() error { _, err := dialect.Decode(written, []signature.Key{keys[name]}, start); return err }))
	}
}

// timed reports the processor's time as well, which says more than the clock's on a machine that has other things to do.
func timed(call func() error) func(*testing.B) {
	return func(b *testing.B) {
		began := processor(b)
		for b.Loop() {
			must(b, call())
		}
		b.ReportMetric(float64(processor(b)-began)/float64(b.N), "cpu-ns/op")
	}
}

func processor(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func callerNamed(t testing.TB, role string) certs.Caller {
	t.Helper()
	identity, err := certs.ParseIdentity("poruka://t/" + role)
	must(t, err)
	return certs.Caller{Identity: identity, Serial: "0af3", NotBefore: start.Add(-time.Hour), NotAfter: start.Add(71 * time.Hour)}
}

// servicesFor makes the services for the banks of a directory, without a transport.
func servicesFor(b *testing.B, directory partners.Directory) *grabbed {
	b.Helper()
	out := &grabbed{}
	base := &bench{t: b, store: &ledgertest.Memory{}}
	base.services([]func(*rpc.Config){func(cfg *rpc.Config) {
		known, err := banks.New(banks.Config{
			Directory: directory, Suspender: base.store, Clock: func() time.Time { return start }, Logger: slog.New(slog.DiscardHandler),
		})
		must(b, err)
		must(b, known.Refresh(context.Background()))
		cfg.Banks, cfg.Dialects = known, style.Standard()
	}}).Register(out)
	return out
}
