package check_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/style"
)

// sabotage is one thing that a gateway does wrong. Each part may be nil.
type sabotage struct {
	answer   func(in style.Message, a *style.Answer)
	refusal  func(in style.Message, r *style.Refusal)
	refuses  func(in style.Message, r style.Refusal) *style.Answer  // answers what it should refuse
	declines func(in style.Message, a *style.Answer) *style.Refusal // refuses what it should answer
	message  func(r *http.Request, m *style.Message)                // whatever it answers
	open     bool                                                   // lets in who has no certificate of worth
	hangsUp  bool                                                   // on bodies that are too large
}

// proxy stands between a bank and a whole gateway, and does one thing wrong.
type proxy struct {
	sabotage
	t        *testing.T
	dialect  style.Dialect
	upstream *http.Client
	base     string
}

// behind plays a bank against a gateway that does one thing wrong.
func behind(t *testing.T, g *gatewaytest.Gateway, bank string, wrong sabotage) check.Config {
	t.Helper()
	cfg := configOf(t, g.Dir, g.Profile(bank), partners.ID(bank))
	p := &proxy{sabotage: wrong, t: t, dialect: cfg.Dialect}
	p.upstream, p.base = g.HTTP(bank)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(g.Dir, "certs", "gateway.pem"), filepath.Join(g.Dir, "certs", "gateway-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	doorkeeper := tls.RequireAndVerifyClientCert
	if wrong.open {
		doorkeeper = tls.RequestClientCert
	}
	server := &http.Server{
		Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}, ClientCAs: cfg.TLS.RootCAs, ClientAuth: doorkeeper,
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	cfg.Address = net.JoinHostPort("localhost", port)
	return cfg
}

// ServeHTTP hands a request on and spoils what comes back.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the bank has cut the connection
	}
	if p.hangsUp && len(body) > 64<<10 {
		panic(http.ErrAbortHandler)
	}
	in := style.Message{ContentType: r.Header.Get("Content-Type"), Header: style.Header{}, Body: body}
	for name := range r.Header {
		in.Header[strings.ToLower(name)] = r.Header.Get(name)
	}
	out, err := p.ask(r, body)
	if err != nil {
		p.t.Errorf("the gateway behind: %v", err)
		return
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v1/banks/") {
		p.spoil(in, &out)
	}
	if p.message != nil {
		p.message(r, &out)
	}
	for name, value := range out.Header {
		if name != "content-length" && name != "date" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body) // the bank may be gone
}

// ask hands a request on. That the bank gives up does not end it.
func (p *proxy) ask(r *http.Request, body []byte) (style.Message, error) {
	request, err := http.NewRequestWithContext(p.t.Context(), r.Method, p.base+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return style.Message{}, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Accept-Encoding")
	response, err := p.upstream.Do(request)
	if err != nil {
		return style.Message{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	m := style.Message{Status: response.StatusCode, Header: style.Header{}, Body: content}
	for name := range response.Header {
		m.Header[strings.ToLower(name)] = response.Header.Get(name)
	}
	return m, err
}

func (p *proxy) spoil(in style.Message, out *style.Message) {
	if out.Status == http.StatusOK {
		a, err := p.dialect.ReadAnswer(*out)
		if err != nil {
			p.t.Errorf("an answer of the gateway: %v", err)
		}
		if p.answer != nil {
			p.answer(in, &a)
			p.rewrite(out, p.dialect.Answer(in, a))
		}
		if p.declines != nil {
			if r := p.declines(in, &a); r != nil {
				p.rewrite(out, p.dialect.Refuse(in, *r))
			}
		}
		return
	}
	r, err := p.dialect.ReadRefusal(*out)
	if err != nil {
		return // at another bank's door
	}
	if p.refusal != nil {
		p.refusal(in, &r)
		r.HTTPStatus = out.Status
		p.rewrite(out, p.dialect.Refuse(in, r))
	}
	if p.refuses != nil {
		if a := p.refuses(in, r); a != nil {
			p.rewrite(out, p.dialect.Answer(in, *a))
		}
	}
}

func (p *proxy) rewrite(out *style.Message, by style.Message) {
	out.Status, out.Body = by.Status, by.Body
	out.Header["content-type"] = by.ContentType
	for name, value := range by.Header {
		out.Header[name] = value
	}
}
