package certs_test

import (
	"crypto/tls"
	"testing"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

// files writes a client's certificate, key and CA, and gives their paths.
func (w *world) files(certificate tls.Certificate) (cert, key, ca string) {
	w.t.Helper()
	certPEM, keyPEM := certstest.Pair(w.t, certificate)
	return certstest.Write(w.t, w.dir, "client.pem", certPEM), certstest.Write(w.t, w.dir, "client-key.pem", keyPEM), w.config.ClientCAFile
}

func TestClientConfig(t *testing.T) {
	gateway := "poruka://dev.poruka/gateway"
	withNames := func(names ...string) certstest.Change { return certstest.Names([]string{"localhost"}, names) }
	for _, test := range []struct {
		name   string
		server func(w *world) tls.Certificate
		as     string
		good   bool
	}{
		{"no identity", func(w *world) tls.Certificate { return w.ca.Server(t) }, "localhost", true},
		{"by address", func(w *world) tls.Certificate { return w.ca.Server(t) }, "127.0.0.1", true},
		{"a gateway's identity", func(w *world) tls.Certificate { return w.ca.Server(t, withNames(gateway)) }, "localhost", true},
		{"some other URI", func(w *world) tls.Certificate { return w.ca.Server(t, withNames("https://localhost")) }, "localhost", true},
		{"another host", func(w *world) tls.Certificate { return w.ca.Server(t) }, "example.org", false},
		{"a bank's identity", func(w *world) tls.Certificate { return w.ca.Server(t, withNames(sberbank)) }, "localhost", false},
		{"disguised", func(w *world) tls.Certificate {
			return w.ca.Server(t, withNames("PORUKA://dev.poruka/bank/sberbank"))
		}, "localhost", false},
		{"another trust domain", func(w *world) tls.Certificate {
			return w.ca.Server(t, withNames("poruka://prod.poruka/gateway"))
		}, "localhost", false},
		{"two identities", func(w *world) tls.Certificate { return w.ca.Server(t, withNames(gateway, gateway)) }, "localhost", false},
		{"a foreign CA", func(*world) tls.Certificate { return certstest.NewRoot(t, epoch(), "root").Server(t) }, "localhost", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(w *world) {
				cert, key := certstest.Pair(t, test.server(w))
				certstest.Write(t, w.dir, "gateway.pem", cert)
				certstest.Write(t, w.dir, "gateway-key.pem", key)
				w.config.CRLFile = ""
			}).serve()
			cert, key, ca := w.files(w.ca.Client(t, sberbank))
			config, err := certs.ClientConfig(cert, key, ca, test.as)
			if err != nil {
				t.Fatal(err)
			}
			config.Time, config.NextProtos = w.now, []string{"poruka-test"}
			answer, err := w.askOnce(config)
			if good := err == nil && answer == "sberbank"; good != test.good {
				t.Errorf("answered %q, %v", answer, err)
			}
		})
	}
}

func TestClientConfigNamesTheBadFile(t *testing.T) {
	w := newWorld(t)
	cert, key, ca := w.files(w.ca.Client(t, sberbank))
	for name, paths := range map[string][4]string{
		"no certificate":    {"missing", key, ca, "localhost"},
		"no key":            {cert, "missing", ca, "localhost"},
		"no CA":             {cert, key, "missing", "localhost"},
		"a key for a CA":    {cert, key, key, "localhost"},
		"no server's name":  {cert, key, ca, ""},
		"a CA for a client": {ca, key, ca, "localhost"},
	} {
		if _, err := certs.ClientConfig(paths[0], paths[1], paths[2], paths[3]); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}
