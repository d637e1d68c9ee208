package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

// Row 15: a new root beside the old one, then alone. A session made under the old one ends with it.
func TestARemovedCAIsNotResumed(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.CRLFile = "" }).serve()
	newRoot := certstest.NewRoot(t, epoch(), "new root")
	before, after := w.ca.Client(t, sberbank), newRoot.Client(t, sberbank)
	oldConfig, newConfig := w.client(&before), w.client(&after)
	oldConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)

	open := w.mustDial(oldConfig)
	w.mustDial(oldConfig)
	if w.resumed.Load() != 1 {
		t.Fatal("the session was not resumed: this test would show nothing")
	}
	w.expectRefused(newConfig, certs.RefusalUntrusted)

	w.mustWrite("ca.pem", append(w.root.PEM(), newRoot.PEM()...))
	open.expect(t, "sberbank")
	w.mustDial(newConfig)
	if again := w.mustDial(oldConfig); again.conn.ConnectionState().DidResume {
		t.Error("a session outlived the files that it was made under")
	}

	w.mustWrite("ca.pem", newRoot.PEM())
	open.expect(t, "refused: untrusted")
	w.expectRefused(oldConfig, certs.RefusalUntrusted)
	w.mustDial(newConfig)
}

// Row 16: files are replaced, one at a time as people do, while clients connect and ask; nobody is turned away.
func TestHotReloadUnderLoad(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.ReloadEvery = time.Millisecond }).serve()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	group.Go(func() { _ = w.source.Run(ctx) })

	certificate := w.ca.Client(t, sberbank)
	var answered, failed atomic.Int64
	for range 4 {
		group.Go(func() {
			config := w.client(&certificate)
			config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			for ctx.Err() == nil {
				if got, err := w.askOnce(config); err != nil || got != "sberbank" {
					failed.Add(1)
					t.Errorf("answered %q, %v", got, err)
					return
				}
				answered.Add(1)
			}
		})
	}

	open := w.mustDial(w.client(&certificate))
	for i := range 10 {
		next := w.ca.Server(t)
		cert, key := certstest.Pair(t, next)
		certstest.Write(t, w.dir, "gateway-key.pem", key)
		served := answered.Load()
		eventually(t, func() bool { return answered.Load() > served || failed.Load() > 0 }) // some meet the half-replaced pair
		certstest.Write(t, w.dir, "gateway.pem", cert)
		certstest.Write(t, w.dir, "crl.pem", w.ca.RevocationList(t, number(int64(i+2))))
		eventually(t, func() bool {
			c, err := w.dial(w.client(&certificate))
			if err != nil {
				t.Fatal(err)
			}
			defer c.conn.Close()
			return c.conn.ConnectionState().PeerCertificates[0].SerialNumber.Cmp(next.Leaf.SerialNumber) == 0
		})
		if own := w.source.Own(); own.Leaf.SerialNumber.Cmp(next.Leaf.SerialNumber) != 0 || own.PrivateKey == nil {
			t.Errorf("as a client it would show %s", own.Leaf.SerialNumber)
		}
		open.expect(t, "sberbank")
	}
	if failed.Load() != 0 || answered.Load() == 0 {
		t.Errorf("%d answered, %d failed", answered.Load(), failed.Load())
	}
}

func TestBadFilesLeaveTheOldOnesInForce(t *testing.T) {
	w := newWorld(t).serve()
	goodCert, goodKey := certstest.Pair(t, w.server)
	good := w.ca.Client(t, sberbank)
	foreign := certstest.NewRoot(t, epoch(), "root")
	pair := func(change ...certstest.Change) []byte {
		cert, key := certstest.Pair(t, w.ca.Server(t, change...))
		return append(cert, key...)
	}
	tooLate := certstest.Between(epoch().Add(-time.Hour), epoch().Add(-time.Second))

	for name, files := range map[string]map[string][]byte{
		"garbage for a certificate":     {"gateway.pem": []byte("garbage")},
		"garbage for a key":             {"gateway-key.pem": []byte("garbage")},
		"another certificate's key":     {"gateway-key.pem": pair()},
		"expired":                       {"gateway.pem": pair(tooLate), "gateway-key.pem": nil},
		"a client's certificate":        {"gateway.pem": pair(certstest.Usage(x509.ExtKeyUsageClientAuth)), "gateway-key.pem": nil},
		"no name":                       {"gateway.pem": pair(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }), "gateway-key.pem": nil},
		"no CA":                         {"ca.pem": nil},
		"a key for a CA":                {"ca.pem": goodKey},
		"text after the CA":             {"ca.pem": append(w.root.PEM(), "text"...)},
		"garbage in a CA":               {"ca.pem": bytes.Replace(w.root.PEM(), []byte("MII"), []byte("MIX"), 1)},
		"a leaf for a CA":               {"ca.pem": append(w.root.PEM(), goodCert...)},
		"an intermediate alone":         {"ca.pem": w.ca.PEM()},
		"an intermediate of no root":    {"ca.pem": append(w.root.PEM(), foreign.Intermediate(t, "x").PEM()...)},
		"a CA that has expired":         {"ca.pem": certstest.NewRoot(t, epoch(), "old", tooLate).PEM()},
		"a root that is not the list's": {"ca.pem": foreign.PEM()},
		"a key that everybody may read": {},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			for file, content := range files {
				if content == nil && file == "gateway-key.pem" { // the same file holds both
					content = files["gateway.pem"]
				}
				certstest.Write(t, w.dir, file, content)
			}
			if len(files) == 0 {
				if err := os.Chmod(w.config.KeyFile, 0o644); err != nil {
					t.Fatal(err)
				}
				if _, err := certs.Open(w.config); err == nil {
					t.Error("the source opened with it")
				}
				return
			}
			if err := w.source.Reload(); err == nil {
				t.Fatal("they were taken")
			}
			if _, err := certs.Open(w.config); err == nil {
				t.Error("the source opened with them")
			}
			w.mustDial(w.client(&good))
			certstest.Write(t, w.dir, "gateway.pem", goodCert)
			certstest.Write(t, w.dir, "gateway-key.pem", goodKey)
			certstest.Write(t, w.dir, "ca.pem", w.root.PEM())
			if err := w.source.Reload(); err != nil {
				t.Fatalf("the good files were not taken again: %v", err)
			}
		})
	}
}

// A certificate that begins tomorrow is taken tomorrow, though its file is not touched again.
func TestBadFilesAreTriedAgain(t *testing.T) {
	w := newWorld(t)
	cert, key := certstest.Pair(t, w.ca.Server(t, certstest.Between(epoch().Add(time.Hour), epoch().AddDate(0, 1, 0))))
	certstest.Write(t, w.dir, "gateway-key.pem", key)
	certstest.Write(t, w.dir, "gateway.pem", cert)
	for range 3 {
		if err := w.source.Reload(); err == nil {
			t.Fatal("it was taken too early")
		}
	}
	w.advance(time.Hour)
	if err := w.source.Reload(); err != nil {
		t.Fatal(err)
	}
	if len(w.reloads) != 2 || w.reloads[0] == nil || w.reloads[1] != nil {
		t.Errorf("told %v, want one failure and one success", w.reloads)
	}
}

// A file that is gone and comes back as it was leaves no failure behind, so that the next one is told.
func TestEachFailureIsTold(t *testing.T) {
	w := newWorld(t)
	away := w.config.CRLFile + ".away"
	for range 2 {
		if err := os.Rename(w.config.CRLFile, away); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.source.Reload(); err == nil {
				t.Fatal("the list was not missed")
			}
		}
		if err := os.Rename(away, w.config.CRLFile); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.source.Reload(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(w.reloads) != 4 || w.reloads[0] == nil || w.reloads[1] != nil || w.reloads[2] == nil || w.reloads[3] != nil {
		t.Errorf("told %v; want a failure, its end, and both again", w.reloads)
	}
}

// Two writes within one tick of the file system's clock leave the same marks; the second is found all the same.
func TestAWriteThatLeavesNoMarkIsFound(t *testing.T) {
	w := newWorld(t)
	first := w.ca.RevocationList(t, number(2))
	second := w.ca.RevocationList(t, number(3))
	for len(second) != len(first) { // an ECDSA signature is 70 to 72 bytes
		second = w.ca.RevocationList(t, number(3))
	}
	when := time.Now()
	inPlace := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(w.config.CRLFile, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(w.config.CRLFile, when, when); err != nil {
			t.Fatal(err)
		}
		if err := w.source.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	inPlace(first)
	inPlace(second)
	for _, expiry := range w.source.Expiries() {
		if expiry.Kind == certs.ExpiryRevocationList && expiry.Serial != "3" {
			t.Errorf("list number %s is in force, want 3", expiry.Serial)
		}
	}
}

// The key that protects tickets is changed daily even when no file is.
func TestTicketsDoNotOutliveADay(t *testing.T) {
	w := newWorld(t).serve()
	certificate := w.ca.Client(t, sberbank, certstest.Between(epoch(), epoch().AddDate(0, 1, 0)))
	config := w.client(&certificate)
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	w.mustDial(config)
	for _, step := range []struct {
		wait    time.Duration
		resumed bool
	}{{23 * time.Hour, true}, {time.Hour, false}} {
		w.advance(step.wait)
		if err := w.source.Reload(); err != nil {
			t.Fatal(err)
		}
		if got := w.mustDial(config).conn.ConnectionState().DidResume; got != step.resumed {
			t.Errorf("after %v: resumed is %v", step.wait, got)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.ReloadEvery = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.source.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestConfigIsValidated(t *testing.T) {
	good := newWorld(t).config
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*certs.Config){
		"CertFile":     func(c *certs.Config) { c.CertFile = "" },
		"KeyFile":      func(c *certs.Config) { c.KeyFile = "" },
		"ClientCAFile": func(c *certs.Config) { c.ClientCAFile = "" },
		"TrustDomain":  func(c *certs.Config) { c.TrustDomain = "Dev.Poruka" },
		"Clock":        func(c *certs.Config) { c.Clock = nil },
		"Logger":       func(c *certs.Config) { c.Logger = nil },
		"ReloadEvery":  func(c *certs.Config) { c.ReloadEvery = -1 },
		"CRLGrace":     func(c *certs.Config) { c.CRLGrace = -1 },
	} {
		bad := good
		change(&bad)
		if _, err := certs.Open(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without a good %s: %v", want, err)
		}
	}
}
