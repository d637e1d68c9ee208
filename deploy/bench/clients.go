package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// loadPair reads the certificate called name and the CA beside it.
func loadPair(certificates, name string) (tls.Certificate, *x509.CertPool, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(certificates, name+".pem"), filepath.Join(certificates, name+"-key.pem"))
	if err != nil {
		return pair, nil, err
	}
	ca, err := os.ReadFile(filepath.Join(certificates, "ca.pem"))
	if err != nil {
		return pair, nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return pair, nil, errors.New("ca.pem holds no certificate")
	}
	return pair, roots, nil
}

// clients are the connections of one run, shared evenly by its callers. The measured server and the floor get the same number.
type clients struct {
	grpc []*grpc.ClientConn
	rest []*http.Client
	base string // of REST addresses
}

// connectionsFor is how many connections a number of callers share.
func connectionsFor(callers int) int { return max(1, min(8, callers/8)) }

func dial(certificates, name, grpcAddress, restAddress string, callers int) (*clients, error) {
	pair, roots, err := loadPair(certificates, name)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: roots, ServerName: "localhost"}
	c := &clients{base: "https://" + restAddress}
	for range connectionsFor(callers) {
		connection, err := grpc.NewClient(grpcAddress, grpc.WithTransportCredentials(credentials.NewTLS(config)))
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.grpc = append(c.grpc, connection)
		c.rest = append(c.rest, &http.Client{
			Timeout:   30 * time.Second,
			Transport: &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true},
		})
	}
	return c, nil
}

func (c *clients) close() error {
	var failed error
	for _, connection := range c.grpc {
		failed = errors.Join(failed, connection.Close())
	}
	for _, client := range c.rest {
		client.CloseIdleConnections()
	}
	return failed
}

func (c *clients) confirmation(caller int) porukav1.ConfirmationServiceClient {
	return porukav1.NewConfirmationServiceClient(c.grpc[caller%len(c.grpc)])
}

// post sends a body and wants 200.
func (c *clients) post(ctx context.Context, caller int, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.rest[caller%len(c.rest)].Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.300s", response.Status, answer)
	}
	return nil
}
