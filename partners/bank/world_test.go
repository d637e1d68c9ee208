package bank_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// roster is a directory that tests change.
type roster struct {
	mutex sync.RWMutex
	banks map[partners.ID]partners.Partner
}

func (r *roster) Find(id partners.ID) (partners.Partner, bool) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	p, ok := r.banks[id]
	return p, ok
}

func (r *roster) All() []partners.Partner { return nil }

func (r *roster) put(p partners.Partner) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.banks[p.ID] = p
}

func (r *roster) drop(id partners.ID) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.banks, id)
}

// world is banks with real TLS servers, and the clients of a gateway.
type world struct {
	testing.TB
	ca      *certstest.CA // of banks and gateway alike; each bank's entry names it
	roster  *roster
	clients *bank.Clients

	mutex    sync.Mutex
	own      tls.Certificate
	outcomes map[partners.ID]map[string]int
	changes  map[partners.ID][]bank.State
}

func newWorld(t testing.TB, change ...func(*bank.Config)) *world {
	t.Helper()
	w := &world{
		TB: t, ca: certstest.NewRoot(t, time.Now(), "banks"), roster: &roster{banks: map[partners.ID]partners.Partner{}},
		outcomes: map[partners.ID]map[string]int{}, changes: map[partners.ID][]bank.State{},
	}
	w.own = w.gateway()
	config := bank.Config{
		Directory: w.roster, Clock: time.Now, Breaker: bank.Breaker{OpenFor: time.Hour},
		Certificate: func() (tls.Certificate, error) {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			return w.own, nil
		},
		Observe: func(id partners.ID, outcome string, _ time.Duration) {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			if w.outcomes[id] == nil {
				w.outcomes[id] = map[string]int{}
			}
			w.outcomes[id][outcome]++
		},
		OnState: func(id partners.ID, _, to bank.State) {
			w.clients.Status(id) // being told, one may ask
			w.mutex.Lock()
			defer w.mutex.Unlock()
			w.changes[id] = append(w.changes[id], to)
		},
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if w.clients, err = bank.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.clients.Close)
	return w
}

// opensFor lets breakers be half-open after a time. In it they must be seen to be open.
func opensFor(d time.Duration) func(*bank.Config) {
	return func(c *bank.Config) { c.Breaker.OpenFor = d }
}

// gateway is a certificate of the gateway.
func (w *world) gateway() tls.Certificate {
	return w.ca.Server(w, certstest.Usage(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth))
}

// pool holds the banks' authority.
func (w *world) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(w.ca.Cert)
	return pool
}

// serve starts a server that wants the gateway's certificate.
func (w *world) serve(handler http.Handler, change ...func(*tls.Config)) *httptest.Server {
	w.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{w.ca.Server(w)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: w.pool()}
	for _, c := range change {
		c(server.TLS)
	}
	server.StartTLS()
	w.Cleanup(server.Close)
	return server
}

// join puts a bank with this address into the roster.
func (w *world) join(id partners.ID, url string, change ...func(*partners.Endpoint)) {
	e := partners.Endpoint{URL: url, Authority: w.pool(), ServerName: "localhost", Timeout: 5 * time.Second, Concurrent: 50, OrdersPath: "/orders"}
	for _, c := range change {
		c(&e)
	}
	w.roster.put(partners.Partner{ID: id, Style: string(id), Endpoint: e})
}

// bank starts a bank.
func (w *world) bank(id partners.ID, handler http.HandlerFunc, change ...func(*partners.Endpoint)) {
	w.Helper()
	w.join(id, w.serve(handler).URL, change...)
}

// get calls /ping.
func (w *world) get(id partners.ID) (bank.Reply, error) {
	return w.clients.Do(w.Context(), id, bank.Call{Method: http.MethodGet, Path: "/ping"})
}

// want checks that a call failed for this reason; empty: that it did not.
func (w *world) want(err error, cause bank.Cause) {
	w.Helper()
	_ = w.failed(err, cause)
}

// failed gives the error of a call that failed for this reason.
func (w *world) failed(err error, cause bank.Cause) *bank.Error {
	w.Helper()
	if got := bank.CauseOf(err); got != cause || (err == nil) != (cause == "") {
		w.Fatalf("%v (%v), want %q", err, errors.Unwrap(err), cause)
	}
	var failed *bank.Error
	errors.As(err, &failed)
	return failed
}

func (w *world) breaker(id partners.ID) bank.State {
	status, _ := w.clients.Status(id)
	return status.Breaker
}

// changed are the states that a breaker came into.
func (w *world) changed(id partners.ID) []bank.State {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.changes[id])
}

func (w *world) counted(id partners.ID, outcome string) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.outcomes[id][outcome]
}

func ok(http.ResponseWriter, *http.Request) {}

func fail(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func timeout(d time.Duration) func(*partners.Endpoint) {
	return func(e *partners.Endpoint) { e.Timeout = d }
}

func concurrent(n int) func(*partners.Endpoint) {
	return func(e *partners.Endpoint) { e.Concurrent = n }
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// descriptors counts the open files of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(files)
}
