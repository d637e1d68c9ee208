// Package gateway is what the example clients of the banks share: the way to a gateway that `make run` has started, and where that has
// put a bank's certificate and keys.
//
// Limits: a bank of its own replaces Open; Post is what it may copy.
package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// Gateway is a gateway as one bank sees it.
type Gateway struct {
	client *http.Client
	url    string
	folder string // of the bank's signing key
	bank   string
}

// Open reads what `make run` has left in a data directory for a bank.
func Open(dataDir, bank string) (*Gateway, error) {
	certs := filepath.Join(dataDir, "certs")
	own, err := tls.LoadX509KeyPair(filepath.Join(certs, bank+".pem"), filepath.Join(certs, bank+"-key.pem"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(certs, "ca.pem"))
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(ca)

	content, err := os.ReadFile(filepath.Join(dataDir, "profiles", bank+".yaml"))
	if err != nil {
		return nil, err
	}
	var profile struct {
		Address string `yaml:"restAddress"`
	}
	if err := yaml.Unmarshal(content, &profile); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, RootCAs: authorities},
		ForceAttemptHTTP2: true,
	}
	return &Gateway{
		client: &http.Client{Transport: transport, Timeout: 10 * time.Second},
		url:    "https://" + profile.Address + "/v1/banks/" + bank + "/confirmations",
		folder: filepath.Join(dataDir, "banks"), bank: bank,
	}, nil
}

// Message is a request of the bank, or an answer to one.
type Message struct {
	Status int // of an answer
	Header http.Header
	Body   []byte
}

// tries is how often one request is sent at most.
const tries = 3

// Post sends a request, and sends it again, byte for byte, when the answer was lost or the gateway could not decide: the request's id
// makes sure that it is decided once.
func (g *Gateway) Post(ctx context.Context, m Message) (answer Message, err error) {
	for try := range tries {
		pause := try
		if wanted, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			pause = max(pause, wanted)
		}
		time.Sleep(time.Duration(pause) * time.Second)
		answer, err = g.post(ctx, m)
		if err == nil && answer.Status < http.StatusInternalServerError {
			return answer, nil
		}
	}
	return answer, err
}

func (g *Gateway) post(ctx context.Context, m Message) (Message, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(m.Body))
	if err != nil {
		return Message{}, err
	}
	request.Header = m.Header.Clone()
	response, err := g.client.Do(request)
	if err != nil {
		return Message{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return Message{Status: response.StatusCode, Header: response.Header, Body: body}, err
}

// SigningKey reads the key with which the bank signs and, for a bank that has one, its certificate.
func (g *Gateway) SigningKey() (crypto.Signer, *x509.Certificate, error) {
	content, err := os.ReadFile(filepath.Join(g.folder, g.bank+"-signing-key.pem"))
	if err != nil {
		return nil, nil, err
	}
	block, rest := pem.Decode(content)
	if block == nil {
		return nil, nil, errors.New("the signing key is not in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("a %T cannot sign", key)
	}
	if block, _ = pem.Decode(rest); block == nil {
		return signer, nil, nil
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	return signer, certificate, err
}

// KeyID reads the name of that key, `kid`, from the key set that the gateway has of the bank.
func (g *Gateway) KeyID() (string, error) {
	content, err := os.ReadFile(filepath.Join(g.folder, g.bank+".jwks"))
	if err != nil {
		return "", err
	}
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(content, &set); err != nil {
		return "", err
	}
	if len(set.Keys) == 0 {
		return "", errors.New("the key set is empty")
	}
	return set.Keys[0].ID, nil
}
