package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"testing"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

func TestParseIdentity(t *testing.T) {
	for uri, want := range map[string]certs.Identity{
		sberbank:                         {TrustDomain: "dev.poruka", Role: certs.RoleBank, ID: "sberbank"},
		"poruka://dev.poruka/bank/a":     {TrustDomain: "dev.poruka", Role: certs.RoleBank, ID: "a"},
		"poruka://dev.poruka/bank/a-1":   {TrustDomain: "dev.poruka", Role: certs.RoleBank, ID: "a-1"},
		"poruka://dev.poruka/portal":     {TrustDomain: "dev.poruka", Role: certs.RolePortal},
		"poruka://dev.poruka/compliance": {TrustDomain: "dev.poruka", Role: certs.RoleCompliance},
		"poruka://dev.poruka/operator":   {TrustDomain: "dev.poruka", Role: certs.RoleOperator},
		"poruka://a/gateway":             {TrustDomain: "a", Role: certs.RoleGateway},
	} {
		got, err := certs.ParseIdentity(uri)
		if err != nil || got != want {
			t.Errorf("ParseIdentity(%q) = %+v, %v; want %+v", uri, got, err, want)
		}
		if got.String() != uri {
			t.Errorf("%+v prints %q, want %q", got, got.String(), uri)
		}
	}
}

// confusions are names that look like sberbank's to somebody.
func confusions() map[string]string {
	return map[string]string{
		"upper-case scheme":        "PORUKA://dev.poruka/bank/sberbank",
		"upper-case trust domain":  "poruka://DEV.poruka/bank/sberbank",
		"upper-case role":          "poruka://dev.poruka/Bank/sberbank",
		"upper-case id":            "poruka://dev.poruka/bank/Sberbank",
		"trailing dot":             "poruka://dev.poruka./bank/sberbank",
		"dot after the id":         "poruka://dev.poruka/bank/sberbank.",
		"trailing slash":           "poruka://dev.poruka/bank/sberbank/",
		"double slash":             "poruka://dev.poruka//bank/sberbank",
		"NUL":                      "poruka://dev.poruka/bank/sberbank\x00.evil",
		"NUL at the end":           "poruka://dev.poruka/bank/sberbank\x00",
		"line feed at the end":     "poruka://dev.poruka/bank/sberbank\n",
		"space at the end":         "poruka://dev.poruka/bank/sberbank ",
		"wildcard id":              "poruka://dev.poruka/bank/*",
		"wildcard domain":          "poruka://*.poruka/bank/sberbank",
		"percent escape":           "poruka://dev.poruka/bank/sber%62ank",
		"percent escape in domain": "poruka://dev%2eporuka/bank/sberbank",
		"port":                     "poruka://dev.poruka:8443/bank/sberbank",
		"empty port":               "poruka://dev.poruka:/bank/sberbank",
		"user":                     "poruka://user@dev.poruka/bank/sberbank",
		"user and password":        "poruka://user:pw@dev.poruka/bank/sberbank",
		"query":                    "poruka://dev.poruka/bank/sberbank?a=b",
		"empty query":              "poruka://dev.poruka/bank/sberbank?",
		"fragment":                 "poruka://dev.poruka/bank/sberbank#a",
		"empty fragment":           "poruka://dev.poruka/bank/sberbank#",
		"dot segments":             "poruka://dev.poruka/bank/vtb/../sberbank",
		"backslash":                `poruka://dev.poruka/bank\sberbank`,
		"Cyrillic letter":          "poruka://dev.poruka/bank/sberbаnk",
		"Cyrillic as Latin-1":      "poruka://dev.poruka/bank/sberb\xe0nk",
		"no scheme":                "dev.poruka/bank/sberbank",
		"opaque":                   "poruka:dev.poruka/bank/sberbank",
		"another scheme":           "spiffe://dev.poruka/bank/sberbank",
		"no trust domain":          "poruka:///bank/sberbank",
		"another trust domain":     "poruka://prod.poruka/bank/sberbank",
		"longer trust domain":      "poruka://dev.poruka.evil/bank/sberbank",
		"empty label":              "poruka://dev..poruka/bank/sberbank",
		"no id":                    "poruka://dev.poruka/bank",
		"empty id":                 "poruka://dev.poruka/bank/",
		"id of a plain role":       "poruka://dev.poruka/portal/sberbank",
		"hyphen first":             "poruka://dev.poruka/bank/-sberbank",
		"too long":                 "poruka://dev.poruka/bank/" + strings.Repeat("a", 41),
		"no such role":             "poruka://dev.poruka/admin",
		"the gateway's":            "poruka://dev.poruka/gateway",
		"nothing":                  "",
	}
}

func TestOneExactURINameIsTheIdentity(t *testing.T) {
	ca := certstest.NewRoot(t, epoch(), "root")
	for name, uri := range confusions() {
		leaf := ca.Client(t, uri).Leaf
		if len(leaf.Extensions) == 0 {
			continue // Go does not read such a certificate; TestConfusedNamesAreRefused sends it
		}
		if caller, err := certs.CallerOf(leaf, "dev.poruka"); !errors.Is(err, certs.ErrIdentity) {
			t.Errorf("%s: taken for %q, %v", name, caller.String(), err)
		}
	}
	for name, change := range map[string]certstest.Change{
		"two":             certstest.URIs(sberbank, "poruka://dev.poruka/bank/vtb"),
		"twice the same":  certstest.URIs(sberbank, sberbank),
		"one of another":  certstest.URIs(sberbank, "https://sberbank.ru"),
		"only DNS":        func(c *x509.Certificate) { c.ExtraExtensions, c.DNSNames = nil, []string{"sberbank"} },
		"only the common": func(c *x509.Certificate) { c.ExtraExtensions, c.Subject = nil, pkix.Name{CommonName: sberbank} },
		"none":            func(c *x509.Certificate) { c.ExtraExtensions = nil },
	} {
		if caller, err := certs.CallerOf(ca.Client(t, "", change).Leaf, "dev.poruka"); !errors.Is(err, certs.ErrIdentity) {
			t.Errorf("%s: taken for %q, %v", name, caller.String(), err)
		}
	}
}

func TestCommonNameMeansNothing(t *testing.T) {
	ca := certstest.NewRoot(t, epoch(), "root")
	leaf := ca.Client(t, sberbank, func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "poruka://dev.poruka/bank/vtb"} }).Leaf
	got, err := certs.CallerOf(leaf, "dev.poruka")
	if err != nil || got.ID != "sberbank" {
		t.Fatalf("taken for %q, %v", got.String(), err)
	}
	if got.Serial != leaf.SerialNumber.Text(16) || !got.NotAfter.Equal(leaf.NotAfter) || !got.NotBefore.Equal(leaf.NotBefore) {
		t.Errorf("the facts of the certificate are lost: %+v", got)
	}
}

// FuzzParseIdentity checks that what is taken is canonical, and that an error repeats nothing of a stranger's name.
func FuzzParseIdentity(f *testing.F) {
	f.Add(sberbank)
	for _, uri := range confusions() {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		identity, err := certs.ParseIdentity(uri)
		if err != nil {
			if !errors.Is(err, certs.ErrIdentity) || identity != (certs.Identity{}) {
				t.Fatalf("%q: %+v, %v", uri, identity, err)
			}
			return
		}
		if identity.String() != uri {
			t.Fatalf("%q was taken for %q", uri, identity)
		}
		if strings.ToLower(uri) != uri || strings.ContainsAny(uri, "%?#@*\\\x00\n ") || strings.Count(uri, ":") != 1 {
			t.Fatalf("%q is not canonical", uri)
		}
	})
}

// FuzzNamesExtension feeds raw bytes as the names of a certificate: no panic, and an identity only from one canonical URI.
func FuzzNamesExtension(f *testing.F) {
	ca := certstest.NewRoot(f, epoch(), "root")
	leaf := ca.Client(f, sberbank).Leaf
	for _, extension := range leaf.Extensions {
		f.Add(extension.Value)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		forged := *leaf
		forged.Extensions = []pkix.Extension{{Id: []int{2, 5, 29, 17}, Value: value}}
		caller, err := certs.CallerOf(&forged, "dev.poruka")
		if err == nil && !strings.Contains(string(value), caller.String()) {
			t.Fatalf("%x was taken for %q", value, caller.String())
		}
	})
}
