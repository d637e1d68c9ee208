package banks

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// Paths of a bank's own API, as the roster for development names them.
const (
	OrdersPath = "/orders"
	EventsPath = "/events"
	tokenPath  = "/oauth/token" //nolint:gosec // a path
	agreePath  = "/agree"
)

// Config is what a Bank needs.
type Config struct {
	ID          partners.ID
	Name        string // for people
	Dialect     style.Dialect
	Signer      signature.Signer // nil for a dialect that does not sign
	Certificate tls.Certificate  // of the server; holds ServerName(ID), and localhost for people's browsers
	Gateways    *x509.CertPool   // who issues the certificates of gateways
	EventKeys   func() ([]ed25519.PublicKey, error)
	Customers   func(person.SNILS) (person.Raw, bool) // finds a person by number; nil: the magic persons alone
	Clock       func() time.Time
	Observe     func(Call) // is told of every call to the bank's own API; nil: nobody is
}

// ServerName is the DNS name in the certificate of a bank's server.
func ServerName(id partners.ID) string { return string(id) + ".sandbox" }

// Call is one call to a bank.
type Call struct {
	Time   time.Time
	Bank   partners.ID
	Method string
	Path   string
	Status int  // 0: the connection ended without an answer
	Fault  Kind // that was played; empty: none
	Took   time.Duration
}

// Bank is a simulated bank. Make it with New. It is safe for concurrent use.
type Bank struct {
	cfg       Config
	impostor  tls.Certificate // of nobody's authority
	mux       *http.ServeMux
	faults    faults
	tokens    tokens
	customers customers
	events    events
	conns     conns
	turns     turns
}

// New makes a bank.
func New(cfg Config) (*Bank, error) {
	if cfg.ID == "" || cfg.Dialect == nil || cfg.Gateways == nil || cfg.EventKeys == nil || cfg.Clock == nil {
		return nil, errors.New("banks: id, dialect, gateways, event keys and clock are required")
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Call) {}
	}
	impostor, err := newImpostor(ServerName(cfg.ID), cfg.Clock())
	if err != nil {
		return nil, err
	}
	b := &Bank{cfg: cfg, impostor: impostor, mux: http.NewServeMux()}
	b.mux.Handle("POST "+tokenPath, b.api(onToken, b.grant))
	b.mux.Handle("GET "+OrdersPath+"/{order}", b.api(onOrders, b.order))
	b.mux.Handle("POST "+EventsPath, b.api(onEvents, b.event))
	b.mux.HandleFunc("GET "+agreePath, b.page)
	b.mux.HandleFunc("POST "+agreePath, b.answer)
	return b, nil
}

// ID is the bank's id.
func (b *Bank) ID() partners.ID { return b.cfg.ID }

// Name is the bank's name for people.
func (b *Bank) Name() string { return b.cfg.Name }

// Serve answers on listener until ctx ends, then ends every call at once. It closes listener and returns nil after a clean end.
func (b *Bank) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: b.mux, TLSConfig: b.tlsConfig(), ConnState: b.conns.note, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // whoever breaks handshakes on purpose knows
	}
	return serve(ctx, server, func() error { return server.ServeTLS(listener, "", "") })
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, server *http.Server, run func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	err := server.Close()
	if ran := <-ended; !errors.Is(ran, http.ErrServerClosed) {
		err = errors.Join(err, ran)
	}
	return err
}

// reply is what is answered.
type reply struct {
	status  int
	header  map[string]string
	content string // media type
	body    []byte
}

func plain(status int, text string) reply {
	return reply{status: status, content: "text/plain; charset=utf-8", body: []byte(text + "\n")}
}

// api is a method of the bank's own API: for gateways alone, observed, and subject to faults.
func (b *Bank) api(on place, handle func(*http.Request, Kind) reply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := b.cfg.Clock()
		call := Call{Time: began, Bank: b.cfg.ID, Method: r.Method, Path: r.URL.Path}
		defer func() {
			call.Took = b.cfg.Clock().Sub(began)
			b.cfg.Observe(call)
		}()
		if err := gateway(r.TLS); err != nil {
			call.Status = http.StatusForbidden
			write(w, plain(call.Status, err.Error()))
			return
		}
		next := b.turns.wait()
		fault := b.faults.take(on, began)
		call.Fault = fault.Kind
		if !b.suffer(r.Context(), fault, next) {
			panic(http.ErrAbortHandler) // the connection ends without a word
		}
		out := plain(http.StatusInternalServerError, "a fault was asked for")
		if fault.Kind != ServerError {
			out = handle(r, fault.Kind)
		}
		call.Status = out.status
		write(w, out)
		b.turns.next()
	})
}

func write(w http.ResponseWriter, out reply) {
	for name, value := range out.header {
		w.Header().Set(name, value)
	}
	if out.content != "" {
		w.Header().Set("Content-Type", out.content)
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // whoever has gone does not read it
	_ = http.NewResponseController(w).Flush()
}

// turns tells when the next call has been answered.
type turns struct {
	mutex    sync.Mutex
	answered chan struct{}
}

// wait gives what is closed when the next call has been answered.
func (t *turns) wait() <-chan struct{} {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.answered == nil {
		t.answered = make(chan struct{})
	}
	return t.answered
}

func (t *turns) next() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.answered != nil {
		close(t.answered)
		t.answered = nil
	}
}
