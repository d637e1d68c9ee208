package certs_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/certstest"
)

const sberbank = "poruka://dev.poruka/bank/sberbank"

// world is a gateway's certificates on disk, and a server that answers each line with who sent it, or why nobody did.
type world struct {
	t      testing.TB
	dir    string
	root   *certstest.CA
	ca     *certstest.CA
	other  *certstest.CA // for tests that need two
	server tls.Certificate
	config certs.Config
	source *certs.Source
	addr   string

	seconds        atomic.Int64 // since epoch
	admitted       atomic.Int64 // handshakes that VerifyConnection let pass, resumed ones apart
	resumed        atomic.Int64
	resumedRefused atomic.Int64
	mu             sync.Mutex
	refused        []string // words of handshakes that failed, in order
	reloads        []error
	alarms         []error
	connection     sync.WaitGroup
}

func epoch() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func (w *world) now() time.Time { return epoch().Add(time.Duration(w.seconds.Load()) * time.Second) }

func (w *world) advance(d time.Duration) { w.seconds.Add(int64(d / time.Second)) }

// newWorld writes the files and opens the source; change may alter the configuration first.
func newWorld(t testing.TB, change ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.root = certstest.NewRoot(t, epoch(), "root")
	w.ca = w.root.Intermediate(t, "issuing CA")
	w.server = w.ca.Server(t, func(c *x509.Certificate) { c.NotAfter = epoch().AddDate(0, 3, 0) })
	cert, key := certstest.Pair(t, w.server)
	w.config = certs.Config{
		CertFile:     certstest.Write(t, w.dir, "gateway.pem", cert),
		KeyFile:      certstest.Write(t, w.dir, "gateway-key.pem", key),
		ClientCAFile: certstest.Write(t, w.dir, "ca.pem", w.root.PEM()),
		CRLFile:      certstest.Write(t, w.dir, "crl.pem", w.ca.RevocationList(t, x509.RevocationList{})),
		TrustDomain:  "dev.poruka",
		Clock:        w.now,
		Logger:       slog.New(slog.DiscardHandler),
		OnReload:     func(err error) { w.mu.Lock(); defer w.mu.Unlock(); w.reloads = append(w.reloads, err) },
		OnAlarm:      func(err error) { w.mu.Lock(); defer w.mu.Unlock(); w.alarms = append(w.alarms, err) },
		OnHandshake: func(resumed bool, err error) {
			switch {
			case err != nil && resumed:
				w.resumedRefused.Add(1)
			case err != nil:
			case resumed:
				w.resumed.Add(1)
			default:
				w.admitted.Add(1)
			}
		},
	}
	for _, c := range change {
		c(w)
	}
	source, err := certs.Open(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.source = source
	return w
}

// write replaces a file and reloads.
func (w *world) write(name string, content []byte) error {
	w.t.Helper()
	certstest.Write(w.t, w.dir, name, content)
	return w.source.Reload()
}

// mustWrite is write for good files.
func (w *world) mustWrite(name string, content []byte) {
	w.t.Helper()
	if err := w.write(name, content); err != nil {
		w.t.Fatal(err)
	}
}

// serve starts the server; it ends with the test.
func (w *world) serve() *world {
	w.t.Helper()
	config := w.source.ServerConfig("poruka-test")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.addr = listener.Addr().String()
	w.connection.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.connection.Go(func() { w.answer(tls.Server(conn, config)) })
		}
	})
	w.t.Cleanup(func() {
		listener.Close()
		w.connection.Wait()
	})
	return w
}

func (w *world) answer(conn *tls.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if err := conn.Handshake(); err != nil {
		w.mu.Lock()
		w.refused = append(w.refused, certs.Refusal(err))
		w.mu.Unlock()
		return
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		caller, err := w.source.Check(conn.ConnectionState())
		answer := caller.ID
		if err != nil {
			answer = "refused: " + certs.Refusal(err)
		}
		if _, err := fmt.Fprintln(conn, answer); err != nil {
			return
		}
	}
}

// client makes a client's configuration. The certificate is sent whatever CAs the server names.
func (w *world) client(certificate *tls.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(w.root.Cert)
	config := &tls.Config{RootCAs: pool, ServerName: "localhost", Time: w.now, NextProtos: []string{"poruka-test"}, MinVersion: tls.VersionTLS13}
	if certificate != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	}
	return config
}

// caller is one connection of a client.
type caller struct {
	conn  *tls.Conn
	lines *bufio.Reader
}

func (w *world) dial(config *tls.Config) (*caller, error) {
	raw, err := net.DialTimeout("tcp", w.addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	_ = raw.SetDeadline(time.Now().Add(20 * time.Second))
	conn := tls.Client(raw, config)
	if err := conn.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	return &caller{conn, bufio.NewReader(conn)}, nil
}

// ask sends one request. In TLS 1.3 a client learns that its certificate was refused when it first reads.
func (c *caller) ask() (string, error) {
	if _, err := io.WriteString(c.conn, "who am I\n"); err != nil {
		return "", err
	}
	line, err := c.lines.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err
}

// askOnce makes a connection for one request.
func (w *world) askOnce(config *tls.Config) (string, error) {
	c, err := w.dial(config)
	if err != nil {
		return "", err
	}
	defer c.conn.Close()
	return c.ask()
}

// mustDial connects and checks that the server knows the client.
func (w *world) mustDial(config *tls.Config) *caller {
	w.t.Helper()
	c, err := w.dial(config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.conn.Close() })
	c.expect(w.t, "sberbank")
	return c
}

// expect sends a request and compares the answer.
func (c *caller) expect(t testing.TB, want string) {
	t.Helper()
	if got, err := c.ask(); err != nil || got != want {
		t.Fatalf("the server answered %q, %v; want %q", got, err, want)
	}
}

// expectRefused connects and wants the handshake to fail on the server for one reason.
func (w *world) expectRefused(config *tls.Config, word string) {
	w.t.Helper()
	if got, err := w.askOnce(config); err == nil {
		w.t.Fatalf("the server answered %q; want a refused handshake", got)
	}
	if got := w.lastRefusal(); got != word {
		w.t.Errorf("refused because of %q, want %q", got, word)
	}
}

// lastRefusal takes the word of the next refused handshake; the server may still be about to write it.
func (w *world) lastRefusal() string {
	w.t.Helper()
	var word string
	eventually(w.t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.refused) == 0 {
			return false
		}
		word, w.refused = w.refused[0], w.refused[1:]
		return true
	})
	return word
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 20 s")
		}
		time.Sleep(time.Millisecond)
	}
}
