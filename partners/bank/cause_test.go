package bank_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

func TestAnAnswer(t *testing.T) {
	w := newWorld(t)
	w.bank("vtb", func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		out.Header().Set("X-Seen", in.Method+" "+in.URL.Path+" "+in.Header.Get("X-Mine")+" "+string(body)+" "+in.Proto)
		out.Header().Add("X-Two", "1")
		out.Header().Add("X-Two", "2")
		http.SetCookie(out, &http.Cookie{Name: "a", Value: "b"})
		out.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(out, "short and stout "+in.Header.Get("Cookie"))
	})
	for range 2 {
		reply, err := w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodPost, Path: "/a/b", Header: map[string]string{"x-mine": "y"}, Body: []byte("z")})
		w.want(err, "")
		if reply.Status != http.StatusTeapot || string(reply.Body) != "short and stout " || reply.Header["x-two"] != "1, 2" ||
			reply.Header["x-seen"] != "POST /a/b y z HTTP/2.0" {
			t.Errorf("%+v", reply)
		}
	}
	if status, ok := w.clients.Status("vtb"); !ok || status.Breaker != bank.BreakerClosed || status.LastFailure != "" || status.Since.IsZero() || status.Calls != 0 {
		t.Errorf("%+v", status)
	}
	if n := w.counted("vtb", "OK"); n != 2 {
		t.Errorf("%d calls were counted", n)
	}
}

// raw is a server below HTTP: it shakes hands and writes what it likes.
func (w *world) raw(answer func(net.Conn)) string {
	w.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{w.ca.Server(w)}})
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			answer(conn)
			_ = conn.Close()
		}
	}()
	w.Cleanup(func() { _ = listener.Close(); <-done })
	return "https://" + listener.Addr().String()
}

// dead is an address where nobody listens.
func dead(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "https://" + listener.Addr().String()
}

func TestEachCause(t *testing.T) {
	w := newWorld(t)
	good := w.serve(http.HandlerFunc(ok)).URL
	stranger := certstest.NewRoot(t, time.Now(), "stranger")
	shows := func(certificate tls.Certificate) string {
		return w.serve(http.HandlerFunc(ok), func(c *tls.Config) { c.Certificates = []tls.Certificate{certificate} }).URL
	}
	answers := func(handler http.HandlerFunc) string { return w.serve(handler).URL }
	writes := func(text string) string { return w.raw(func(c net.Conn) { _, _ = io.WriteString(c, text) }) }
	other := w.serve(http.HandlerFunc(ok)).URL
	for name, c := range map[string]struct {
		url    string
		change func(*partners.Endpoint)
		cause  bank.Cause
	}{
		"good":                           {good, nil, ""},
		"hangs":                          {answers(hang), timeout(50 * time.Millisecond), bank.Timeout},
		"hangs within the handshake":     {deaf(t), timeout(50 * time.Millisecond), bank.Timeout},
		"nobody listens":                 {dead(t), nil, bank.Refused},
		"hangs up":                       {w.raw(func(net.Conn) {}), nil, bank.Refused},
		"hangs up within the body":       {writes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), nil, bank.Refused},
		"of a stranger's authority":      {shows(stranger.Server(t)), nil, bank.Certificate},
		"of another authority of ours":   {good, func(e *partners.Endpoint) { e.Authority = x509.NewCertPool(); e.Authority.AddCert(stranger.Cert) }, bank.Certificate},
		"without an authority":           {good, func(e *partners.Endpoint) { e.Authority = nil }, bank.Certificate},
		"with another name":              {good, func(e *partners.Endpoint) { e.ServerName = "api.vtb.example" }, bank.Certificate},
		"with the name as a subject":     {shows(w.ca.Server(t, certstest.Names([]string{"elsewhere.example"}, nil), func(c *x509.Certificate) { c.Subject.CommonName = "localhost" })), nil, bank.Certificate},
		"expired":                        {shows(w.ca.Server(t, certstest.Between(time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)))), nil, bank.Certificate},
		"a client's":                     {shows(w.ca.Server(t, certstest.Usage(x509.ExtKeyUsageClientAuth))), nil, bank.Certificate},
		"self-signed":                    {shows(tls.Certificate{Certificate: [][]byte{stranger.Cert.Raw}, PrivateKey: stranger.Key}), nil, bank.Certificate},
		"speaks TLS 1.2":                 {w.serve(http.HandlerFunc(ok), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }).URL, nil, bank.Refused},
		"does not take our certificate":  {w.serve(http.HandlerFunc(ok), func(c *tls.Config) { c.ClientCAs = x509.NewCertPool() }).URL, nil, bank.Refused},
		"speaks plain HTTP":              {plain(t), nil, bank.Refused},
		"500":                            {answers(fail), nil, bank.ServerError},
		"503 with a body without end":    {answers(endless(http.StatusServiceUnavailable)), nil, bank.ServerError},
		"404":                            {answers(http.NotFound), nil, ""},
		"302 is not followed":            {answers(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other+"/stolen", http.StatusFound) }), nil, ""},
		"an answer that is too long":     {answers(endless(http.StatusOK)), nil, bank.Malformed},
		"headers that are too long":      {answers(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 64<<10)) }), nil, bank.Malformed},
		"headers that are too long, raw": {writes("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"), nil, bank.Malformed},
		"no HTTP":                        {writes("220 mail.example ESMTP\r\n"), nil, bank.Malformed},
		"none in the roster":             {"", nil, bank.NoEndpoint},
		"plain HTTP in the roster":       {"http://localhost", nil, bank.NoEndpoint},
		"a user in the roster":           {"https://user@localhost", nil, bank.NoEndpoint},
		"no name in the roster":          {good, func(e *partners.Endpoint) { e.ServerName = "" }, bank.NoEndpoint},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			change := c.change
			if change == nil {
				change = func(*partners.Endpoint) {}
			}
			w.join("vtb", c.url, change)
			_, err := w.get("vtb")
			w.want(err, c.cause)
			if c.cause != "" && w.counted("vtb", string(c.cause)) == 0 {
				t.Errorf("%s is not counted", c.cause)
			}
			if status, known := w.clients.Status("vtb"); known && status.LastFailure != c.cause {
				t.Errorf("the last failure is %q", status.LastFailure)
			}
		})
	}
	w.TB = t
	_, err := w.get("nobody")
	w.want(err, bank.NoEndpoint)
	if _, ok := w.clients.Status("nobody"); ok {
		t.Error("nobody has an endpoint")
	}
}

// deaf accepts connections, through its backlog, and says nothing.
func deaf(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "https://" + listener.Addr().String()
}

// plain answers a handshake with text.
func plain(t testing.TB) string {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(ok), ReadHeaderTimeout: time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "https://" + listener.Addr().String()
}

func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		for {
			if _, err := w.Write(bytes.Repeat([]byte{'x'}, 1<<16)); err != nil {
				return
			}
		}
	}
}

// What a bank sends may be anybody's data, so no error holds it.
func TestErrorsHoldNothingOfAnAnswer(t *testing.T) {
	const secret = "Иванов-secret-4242"
	w := newWorld(t)
	for _, text := range []string{
		secret + "\r\n", "HTTP/1.1 200 " + secret + "\r\n" + secret + "\r\n\r\n", "HTTP/1.1 " + secret + "\r\n\r\n", "HTTP/9 " + secret + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
	} {
		w.join("vtb", w.raw(func(c net.Conn) { _, _ = io.WriteString(c, text) }))
		_, err := w.get("vtb")
		if err == nil {
			t.Errorf("%q passes for an answer", text)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		}
	}
}

func TestNoProxyIsUsed(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:1")
	w := newWorld(t)
	w.bank("vtb", ok)
	_, err := w.get("vtb")
	w.want(err, "")
}

func TestThePortalIsAnEndpoint(t *testing.T) {
	w := newWorld(t)
	server := w.serve(http.HandlerFunc(ok))
	clients, err := bank.New(bank.Config{
		Directory: w.roster, Clock: time.Now, Certificate: func() (tls.Certificate, error) { return w.own, nil },
		Portal: partners.Endpoint{URL: server.URL, Authority: w.pool(), ServerName: "localhost"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer clients.Close()
	if _, err := clients.Do(t.Context(), bank.PortalID, bank.Call{Method: http.MethodPost, Path: "/events"}); err != nil {
		t.Error(err, errors.Unwrap(err))
	}
}

// Without a certificate of ours nothing can be said of the bank.
func TestOurOwnCertificateIsNoFaultOfTheBank(t *testing.T) {
	w := newWorld(t, func(c *bank.Config) {
		c.Certificate = func() (tls.Certificate, error) { return tls.Certificate{}, errors.New("no file") }
	})
	w.bank("vtb", ok)
	for range 20 {
		_, err := w.get("vtb")
		w.want(err, bank.Refused)
		if !strings.Contains(errors.Unwrap(err).Error(), "no file") {
			t.Errorf("it does not say why: %v", errors.Unwrap(err))
		}
	}
}

func TestConfig(t *testing.T) {
	good := bank.Config{Directory: &roster{}, Clock: time.Now, Certificate: func() (tls.Certificate, error) { return tls.Certificate{}, nil }}
	for name, spoil := range map[string]func(*bank.Config){
		"no directory":   func(c *bank.Config) { c.Directory = nil },
		"no certificate": func(c *bank.Config) { c.Certificate = nil },
		"no clock":       func(c *bank.Config) { c.Clock = nil },
		"negative":       func(c *bank.Config) { c.Breaker.OpenFor = -1 },
	} {
		config := good
		spoil(&config)
		if _, err := bank.New(config); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if bank.CauseOf(context.Canceled) != "" {
		t.Error("a strange error has a cause")
	}
}
