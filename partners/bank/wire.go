package bank

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/poruka/poruka/partners"
)

const (
	maxHeader   = 32 << 10         // bytes of an answer's headers
	idleLife    = time.Minute      // of a connection without calls
	keepAlive   = 15 * time.Second // of silence on a connection, after which the other side is asked whether it is there
	maxAnswered = 10 * time.Second // for a connection, a handshake, or the answer to that question

	// maxConnections to one endpoint. A rush of calls that finds none would make one for each of them, and wait for handshakes. With
	// HTTP/2 each carries many calls; with HTTP/1.1 calls beyond wait their turn.
	maxConnections = 64
)

// wire is the connections to one endpoint, all made under one setting. Once retired and idle they are closed, every one of them.
type wire struct {
	http *http.Client
	made time.Time
	life context.Context //nolint:containedctx // ends dials that outlive their calls
	end  context.CancelFunc

	mutex    sync.Mutex
	underway int
	retired  bool
	shut     bool
	conns    map[*conn]struct{}
}

func newWire(e partners.Endpoint, cfg Config, now time.Time) *wire {
	w := &wire{made: now, conns: map[*conn]struct{}{}}
	w.life, w.end = context.WithCancel(context.Background())
	patience := min(e.Timeout, maxAnswered)
	connections := min(e.Concurrent, maxConnections)
	dialer := &net.Dialer{Timeout: patience, KeepAlive: keepAlive}
	w.http = &http.Client{
		Transport: &http.Transport{
			Proxy: nil, // the environment names nobody who may listen
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return w.dial(ctx, dialer, network, address)
			},
			TLSClientConfig:        tlsConfig(e, cfg),
			TLSHandshakeTimeout:    patience,
			MaxIdleConns:           connections,
			MaxIdleConnsPerHost:    connections,
			MaxConnsPerHost:        connections,
			IdleConnTimeout:        idleLife,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: keepAlive, PingTimeout: patience},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return w
}

// errCertificate says that we have no certificate to show. That is no fault of the bank.
var errCertificate = errors.New("the gateway's own certificate is not to be had")

func tlsConfig(e partners.Endpoint, cfg Config) *tls.Config {
	authority := e.Authority
	if authority == nil {
		authority = x509.NewCertPool() // nobody; nil would mean the system's
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    authority,
		ServerName: e.ServerName,
		Time:       cfg.Clock,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			own, err := cfg.Certificate()
			if err != nil {
				return nil, errors.Join(errCertificate, err)
			}
			return &own, nil
		},
	}
}

// enter counts a call; false: the connections are closed.
func (w *wire) enter() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.shut {
		return false
	}
	w.underway++
	return true
}

func (w *wire) leave() {
	w.mutex.Lock()
	w.underway--
	w.mutex.Unlock()
	w.closeIdle()
}

// retire has the connections closed once no call is under way.
func (w *wire) retire() {
	w.mutex.Lock()
	w.retired = true
	w.mutex.Unlock()
	w.closeIdle()
}

func (w *wire) closeIdle() {
	w.mutex.Lock()
	if !w.retired || w.underway > 0 || w.shut {
		w.mutex.Unlock()
		return
	}
	w.shut = true
	conns := w.conns
	w.conns = nil
	w.mutex.Unlock()
	w.end()
	w.http.CloseIdleConnections()
	for c := range conns { // those that a handshake, or the library's own bookkeeping, still holds
		_ = c.Conn.Close()
	}
}

// dial connects, for as long as the wire lives: the library lets dials outlive the calls that wanted them.
func (w *wire) dial(ctx context.Context, dialer *net.Dialer, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.life, cancel)()
	made, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: made, wire: w}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.shut {
		_ = made.Close()
		return nil, net.ErrClosed
	}
	w.conns[c] = struct{}{}
	return c, nil
}

// conn is a connection that its wire knows of until it is closed.
type conn struct {
	net.Conn
	wire *wire
}

// Close closes the connection.
func (c *conn) Close() error {
	c.wire.mutex.Lock()
	delete(c.wire.conns, c)
	c.wire.mutex.Unlock()
	return c.Conn.Close()
}
