package banks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// tlsConfig demands a gateway's certificate of everybody who asks for the bank by its own name. A browser, which knows it as localhost,
// needs none: the page for customers is all that it gets.
func (b *Bank) tlsConfig() *tls.Config {
	open := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{b.cfg.Certificate}, SessionTicketsDisabled: true,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: b.cfg.Gateways, Time: b.cfg.Clock, NextProtos: []string{"h2", "http/1.1"},
	}
	strict := open.Clone()
	strict.ClientAuth = tls.RequireAndVerifyClientCert
	outer := open.Clone()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config := open
		if hello.ServerName == ServerName(b.cfg.ID) {
			config = strict
		}
		if b.faults.take(onConnect, b.cfg.Clock()).Kind == WrongCertificate {
			config = config.Clone()
			config.Certificates = []tls.Certificate{b.impostor}
		}
		return config, nil
	}
	return outer
}

var errNotGateway = errors.New("the certificate of a gateway is needed")

// gateway makes sure that a gateway is at the other end: of all that the private CA issues, its certificate alone names no caller and is
// good for a server.
func gateway(state *tls.ConnectionState) error {
	if state == nil || len(state.VerifiedChains) == 0 {
		return errNotGateway
	}
	leaf := state.PeerCertificates[0]
	if len(leaf.URIs) > 0 || !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		return errNotGateway
	}
	return nil
}

// newImpostor makes a certificate that nobody's authority vouches for.
func newImpostor(name string, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "impostor"}, DNSNames: []string{name, "localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// conns are the open connections.
type conns struct {
	mutex sync.Mutex
	open  map[net.Conn]struct{}
}

// note is an http.Server's ConnState.
func (c *conns) note(conn net.Conn, state http.ConnState) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.open == nil {
		c.open = map[net.Conn]struct{}{}
	}
	switch state {
	case http.StateNew:
		c.open[conn] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	case http.StateActive, http.StateIdle:
	}
}

func (c *conns) closeAll() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for conn := range c.open {
		_ = conn.Close() // as if the bank had been started again
	}
}
