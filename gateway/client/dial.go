package client

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// handshakeTimeout bounds the making of one connection.
const handshakeTimeout = 10 * time.Second

// TLS reads the profile's files and makes the client's side of mutual TLS. address decides the server's name unless the profile does.
func (p Profile) TLS(address string) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(p.Cert, p.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: the client certificate: %w", ErrProfile, err)
	}
	authorities, err := os.ReadFile(p.CA)
	if err != nil {
		return nil, fmt.Errorf("%w: the CA: %w", ErrProfile, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("%w: %s holds no certificate", ErrProfile, p.CA)
	}
	name := p.ServerName
	if name == "" {
		if name, _, err = net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("%w: the address must be host:port", ErrProfile)
		}
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{certificate},
		RootCAs:      roots,
		ServerName:   name,
	}, nil
}

// Dial prepares a gRPC connection; it is made by the first call. The caller closes it.
func (p Profile) Dial() (*grpc.ClientConn, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	config, err := p.TLS(p.Address)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("dns:///"+p.Address,
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithNoProxy(),
		grpc.WithUserAgent("poruka"),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: handshakeTimeout}),
	)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return conn, nil
}

// HTTP makes a client for the REST facade. Its URLs begin with https:// and the profile's RESTAddress. It follows no redirect:
// the gateway sends none. The caller ends with CloseIdleConnections.
func (p Profile) HTTP() (*http.Client, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.RESTAddress == "" {
		return nil, fmt.Errorf("%w: restAddress is missing", ErrProfile)
	}
	config, err := p.TLS(p.RESTAddress)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:     config,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: handshakeTimeout,
			IdleConnTimeout:     time.Minute,
			MaxIdleConnsPerHost: 16,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
