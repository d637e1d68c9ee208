package certs_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

func number(n int64) x509.RevocationList { return x509.RevocationList{Number: big.NewInt(n)} }

// Row 10.
func TestRevokedIsRefusedAtTheDoor(t *testing.T) {
	w := newWorld(t).serve()
	bad, good := w.ca.Client(t, sberbank), w.ca.Client(t, sberbank)
	w.mustDial(w.client(&bad))
	w.mustWrite("crl.pem", w.ca.RevocationList(t, number(2), bad))
	w.expectRefused(w.client(&bad), certs.RefusalRevoked)
	w.mustDial(w.client(&good))
}

// Row 11: an open connection and a kept session do not outlive the revocation.
func TestRevokedWhileConnectedAndByResumption(t *testing.T) {
	w := newWorld(t).serve()
	certificate := w.ca.Client(t, sberbank)
	config := w.client(&certificate)
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	open := w.mustDial(config)
	again := w.mustDial(config)
	if !again.conn.ConnectionState().DidResume || w.resumed.Load() != 1 {
		t.Fatal("the session was not resumed: this test would show nothing")
	}

	w.mustWrite("crl.pem", w.ca.RevocationList(t, number(2), certificate))
	open.expect(t, "refused: revoked")
	again.expect(t, "refused: revoked")
	w.expectRefused(config, certs.RefusalRevoked)
}

// VerifyConnection is asked on resumption too, without any change of files.
func TestASessionIsNotResumedOnAStaleList(t *testing.T) {
	w := newWorld(t, func(w *world) {
		list := x509.RevocationList{NextUpdate: epoch().Add(time.Hour)}
		certstest.Write(t, w.dir, "crl.pem", w.ca.RevocationList(t, list))
		w.config.CRLGrace = time.Hour
	}).serve()
	certificate := w.ca.Client(t, sberbank, certstest.Between(epoch(), epoch().AddDate(1, 0, 0)))
	config := w.client(&certificate)
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	w.mustDial(config)
	w.advance(2 * time.Hour)
	w.mustDial(config)
	if w.resumed.Load() != 1 {
		t.Fatal("the session was not resumed: this test would show nothing")
	}
	w.advance(time.Second)
	w.expectRefused(config, certs.RefusalRevocationUnknown)
	if w.resumedRefused.Load() != 1 {
		t.Error("the check on resumption did not run")
	}
}

// Row 12: a list that is not fresh is believed for the grace, then nobody is.
func TestAStaleListIsBelievedForItsGrace(t *testing.T) {
	w := newWorld(t).serve()
	certificate := w.ca.Client(t, sberbank, certstest.Between(epoch(), epoch().AddDate(1, 0, 0)))
	open := w.mustDial(w.client(&certificate))

	step := func(d time.Duration, answer string, alarms ...string) {
		t.Helper()
		w.advance(d)
		if err := w.source.Reload(); err != nil {
			t.Fatal(err)
		}
		open.expect(t, answer)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.alarms) != len(alarms) {
			t.Fatalf("alarms %v, want %v", w.alarms, alarms)
		}
		for i, want := range alarms {
			if got := w.alarms[i]; (got == nil) != (want == "") || (got != nil && (!strings.Contains(got.Error(), want) || !errors.Is(got, certs.ErrRevocationUnknown))) {
				t.Fatalf("alarms %v, want %v", w.alarms, alarms)
			}
		}
	}
	step(7*24*time.Hour, "sberbank")
	step(time.Second, "sberbank", "stale")
	step(certs.DefaultCRLGrace-time.Second, "sberbank", "stale")
	step(time.Second, "refused: revocation_unknown", "stale", "beyond its grace")
	step(time.Hour, "refused: revocation_unknown", "stale", "beyond its grace")
	certstest.Write(t, w.dir, "crl.pem", w.ca.RevocationList(t, x509.RevocationList{Number: big.NewInt(2), NextUpdate: w.now().AddDate(0, 0, 1)}))
	step(0, "sberbank", "stale", "beyond its grace", "")
}

// Row 12: bad lists leave the old one in force.
func TestABadListLeavesTheOldOneInForce(t *testing.T) {
	w := newWorld(t).serve()
	revoked, good := w.ca.Client(t, sberbank), w.ca.Client(t, sberbank)
	foreign := certstest.NewRoot(t, epoch(), "issuing CA") // the right name, another key
	noSign := w.root.Intermediate(t, "no lists", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
	w.mustWrite("crl.pem", w.ca.RevocationList(t, number(5), revoked))

	fresh := w.ca.RevocationList(t, number(6))
	block, _ := pem.Decode(fresh)
	unsigned := bytes.Clone(block.Bytes)
	unsigned[len(unsigned)-1] ^= 1
	critical := x509.RevocationList{Number: big.NewInt(6), ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}}
	entry := x509.RevocationList{Number: big.NewInt(6), RevokedCertificateEntries: []x509.RevocationListEntry{{
		SerialNumber: big.NewInt(7), RevocationTime: epoch(),
		ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}},
	}}}

	for name, content := range map[string][]byte{
		"empty":                    {},
		"garbage":                  []byte("no list at all\n"),
		"garbage after it":         append(bytes.Clone(fresh), "more"...),
		"garbage in it":            pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("garbage")}),
		"altered":                  pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: unsigned}),
		"from another CA":          foreign.RevocationList(t, number(6)),
		"from a CA without right":  mustList(t, noSign),
		"from the CA and another":  slicesConcat(fresh, foreign.RevocationList(t, number(6))),
		"twice":                    slicesConcat(fresh, fresh),
		"a certificate":            w.root.PEM(),
		"older":                    w.ca.RevocationList(t, number(4)),
		"delta":                    w.ca.RevocationList(t, critical),
		"indirect":                 w.ca.RevocationList(t, entry),
		"cut":                      fresh[:len(fresh)/2],
		"of a client's own making": mustList(t, &certstest.CA{Cert: good.Leaf, Key: certstest.Key(good)}),
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			if err := w.write("crl.pem", content); err == nil {
				t.Fatal("it was taken")
			}
			w.expectRefused(w.client(&revoked), certs.RefusalRevoked)
			w.mustDial(w.client(&good))
		})
	}
	t.Run("missing", func(t *testing.T) {
		w.t = t
		if err := os.Remove(w.config.CRLFile); err != nil {
			t.Fatal(err)
		}
		if err := w.source.Reload(); err == nil {
			t.Fatal("it was not missed")
		}
		w.expectRefused(w.client(&revoked), certs.RefusalRevoked)
	})
	t.Run("no start without it", func(t *testing.T) {
		if _, err := certs.Open(w.config); err == nil {
			t.Fatal("the source opened without its list")
		}
	})
}

// mustList signs a list although the CA may not.
func mustList(t *testing.T, ca *certstest.CA) []byte {
	t.Helper()
	able := *ca.Cert
	able.KeyUsage |= x509.KeyUsageCRLSign
	able.SubjectKeyId = []byte{1}
	return (&certstest.CA{Cert: &able, Key: ca.Key}).RevocationList(t, x509.RevocationList{
		Number: big.NewInt(6), ThisUpdate: epoch(), NextUpdate: epoch().AddDate(0, 0, 7),
	})
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Row 12: a file of 50 MB is refused unread.
func TestAHugeListIsNotRead(t *testing.T) {
	w := newWorld(t).serve()
	path := filepath.Join(w.dir, "crl.pem")
	if err := os.Truncate(path, 50<<20); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.source.Reload(); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Fatalf("a list of 50 MB: %v", err)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d bytes were allocated to refuse it", spent)
	}
	good := w.ca.Client(t, sberbank)
	w.mustDial(w.client(&good))
}

// A pipe has no end and no size; opening it would wait for ever.
func TestAFileThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t)
	if err := os.Remove(w.config.CRLFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.config.CRLFile, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := w.source.Reload(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Fatalf("a folder for a list: %v", err)
	}
}

func TestEveryIssuerHasAList(t *testing.T) {
	w := newWorld(t, func(w *world) {
		other := w.root.Intermediate(t, "another CA")
		certstest.Write(t, w.dir, "ca.pem", slicesConcat(w.root.PEM(), other.PEM(), w.ca.PEM()))
		w.other = other
	}).serve()
	ours, theirs := w.ca.Client(t, sberbank), w.other.Client(t, sberbank)
	sameSerial := w.ca.Client(t, sberbank, func(c *x509.Certificate) { c.SerialNumber = theirs.Leaf.SerialNumber })

	w.expectRefused(w.client(&theirs), certs.RefusalRevocationUnknown)
	w.mustWrite("crl.pem", slicesConcat(w.ca.RevocationList(t, number(2)), w.other.RevocationList(t, number(1), theirs)))
	w.expectRefused(w.client(&theirs), certs.RefusalRevoked)
	w.mustDial(w.client(&ours))
	w.mustDial(w.client(&sameSerial)) // a serial number is its issuer's own

	// The root revokes the other CA, and with it all that it issued.
	theirs = w.other.Client(t, sberbank)
	open := w.mustDial(w.client(&theirs))
	w.mustWrite("crl.pem", slicesConcat(w.ca.RevocationList(t, number(2)), w.other.RevocationList(t, number(1)),
		w.root.RevocationList(t, number(1), tls.Certificate{Leaf: w.other.Cert})))
	open.expect(t, "refused: revoked")
	w.mustDial(w.client(&ours))

	// A CA whose list is taken away is not trusted blindly.
	w.mustWrite("crl.pem", w.other.RevocationList(t, number(2)))
	w.expectRefused(w.client(&ours), certs.RefusalRevocationUnknown)
}

func TestWithoutAListNobodyIsRevoked(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.CRLFile = "" }).serve()
	good := w.ca.Client(t, sberbank)
	w.mustDial(w.client(&good))
}

// FuzzRevocationLists feeds files: no panic, and only what our CA signed is taken.
func FuzzRevocationLists(f *testing.F) {
	w := newWorld(f)
	f.Add([]byte(nil))
	f.Add(w.ca.RevocationList(f, number(3)))
	f.Add(w.root.RevocationList(f, number(3)))
	f.Add(certstest.NewRoot(f, epoch(), "issuing CA").RevocationList(f, number(3)))
	f.Fuzz(func(t *testing.T, content []byte) {
		w.t = t
		if err := w.write("crl.pem", content); err != nil {
			return
		}
		for rest := content; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				return
			}
			list, err := x509.ParseRevocationList(block.Bytes)
			if err != nil || (list.CheckSignatureFrom(w.ca.Cert) != nil && list.CheckSignatureFrom(w.root.Cert) != nil) {
				t.Fatalf("a list that we did not sign was taken: %v", err)
			}
		}
	})
}
