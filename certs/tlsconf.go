package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// ServerConfig makes the server's side of mutual TLS: 1.3 only, a client certificate always, our own CAs alone. Each
// handshake uses the files in force when it begins. alpn are the protocols spoken, `h2` and `http/1.1`; name them here, because
// a server library that adds its own to the result does not reach the configuration of the handshake.
func (s *Source) ServerConfig(alpn ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: alpn,
		ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs:  x509.NewCertPool(), // nobody; the snapshot's configuration has the real ones
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.handshakeConfig(s.current.Load(), alpn), nil
		},
	}
}

// handshakeConfig has the ticket keys of its snapshot: a session made under other files cannot be resumed.
func (s *Source) handshakeConfig(snap *snapshot, alpn []string) *tls.Config {
	config := &tls.Config{
		MinVersion:       tls.VersionTLS13,
		NextProtos:       alpn,
		Certificates:     []tls.Certificate{snap.server},
		ClientAuth:       tls.RequireAndVerifyClientCert,
		ClientCAs:        snap.authorities.pool,
		Time:             s.config.Clock,
		VerifyConnection: s.admit, // runs on resumption too, unlike VerifyPeerCertificate
	}
	config.SetSessionTicketKeys(snap.tickets)
	return config
}

func (s *Source) admit(state tls.ConnectionState) error {
	_, err := s.Check(state)
	s.config.OnHandshake(state.DidResume, err)
	return err
}

// ClientConfig makes the client's side of mutual TLS from PEM files: the certificate with its intermediates, its key, and the
// roots that may vouch for the gateway. serverName is the DNS name or IP address that the gateway's certificate must have. When
// that certificate carries Poruka identities as well, it must be one, of the gateway, in the client's own trust domain.
func ClientConfig(certFile, keyFile, caFile, serverName string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("certs: the client certificate: %w", err)
	}
	content, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("certs: the CA: %w", err)
	}
	cas, err := parseCertificates(content)
	if err != nil {
		return nil, fmt.Errorf("certs: the CA: %s: %w", caFile, err)
	}
	if serverName == "" {
		return nil, errors.New("certs: the server's name is missing")
	}
	roots := x509.NewCertPool()
	for _, ca := range cas {
		roots.AddCert(ca)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      roots,
		ServerName:   serverName,
		VerifyConnection: func(state tls.ConnectionState) error {
			return checkGateway(state.PeerCertificates[0], pair.Leaf)
		},
	}, nil
}

// checkGateway keeps a client from taking a bank's certificate for the gateway's, should a CA ever issue one for both uses.
func checkGateway(server, client *x509.Certificate) error {
	names, err := uriNames(server)
	if err != nil {
		return err
	}
	ours := 0
	for _, name := range names {
		if !strings.HasPrefix(strings.ToLower(name), scheme) {
			continue
		}
		ours++
		identity, err := ParseIdentity(name)
		if err != nil {
			return err
		}
		if identity.Role != RoleGateway {
			return fmt.Errorf("%w: the server is not a gateway", ErrIdentity)
		}
		if own, err := anyIdentity(client); err == nil && own.TrustDomain != identity.TrustDomain {
			return fmt.Errorf("%w: a gateway of another trust domain", ErrIdentity)
		}
	}
	if ours > 1 {
		return fmt.Errorf("%w: the server has several", ErrIdentity)
	}
	return nil
}

func anyIdentity(cert *x509.Certificate) (Identity, error) {
	names, err := uriNames(cert)
	if err != nil || len(names) != 1 {
		return Identity{}, ErrIdentity
	}
	return ParseIdentity(names[0])
}
