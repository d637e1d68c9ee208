package banks_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/style"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := prepared(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// prepared is a data directory that all tests share: its keys take long to make.
var prepared = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "poruka-banks-*")
	if err != nil {
		return "", err
	}
	settings, err := config.Config{DataDir: dir, Dev: true}.Complete()
	if err != nil {
		return "", err
	}
	return dir, development.Prepare(context.Background(), settings, time.Now)
})

// world is the banks of a data directory as it is made for development, and the clients of a gateway.
type world struct {
	testing.TB
	dir     string
	roster  *roster.Roster
	banks   map[partners.ID]*banks.Bank
	address map[partners.ID]string
	clients *bank.Clients

	mutex sync.Mutex
	calls []banks.Call
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, dir: dir, banks: map[partners.ID]*banks.Bank{}, address: map[partners.ID]string{}}
	settings, err := config.Config{DataDir: w.dir, Dev: true}.Complete()
	w.must(err)
	w.start()
	ports := roster.Ports{}
	for id, address := range w.address {
		_, port, err := net.SplitHostPort(address)
		w.must(err)
		ports[id], err = net.LookupPort("tcp", port)
		w.must(err)
	}
	w.must(development.WriteRoster(settings, ports))
	w.roster, err = roster.Open(roster.Config{Path: settings.Roster, Policies: []string{match.V1}, Styles: roster.Standard()})
	w.must(err)
	w.clients, err = bank.New(bank.Config{
		Directory: w.roster, Clock: time.Now, Breaker: bank.Breaker{Failures: 1000},
		Certificate: func() (tls.Certificate, error) { return w.pair("gateway") },
	})
	w.must(err)
	t.Cleanup(func() { w.clients.Close() })
	return w
}

// start starts the banks on free ports.
func (w *world) start() {
	configs, err := development.SandboxBanks(w.dir, time.Now)
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	w.Cleanup(func() {
		cancel()
		running.Wait()
	})
	for _, one := range configs {
		one.Observe = func(c banks.Call) {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			w.calls = append(w.calls, c)
		}
		b, err := banks.New(one)
		w.must(err)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		w.must(err)
		w.banks[b.ID()], w.address[b.ID()] = b, listener.Addr().String()
		running.Go(func() {
			if err := b.Serve(ctx, listener); err != nil {
				w.Errorf("%s: %v", b.ID(), err)
			}
		})
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// pair is a certificate of the private CA, by its file's name.
func (w *world) pair(name string) (tls.Certificate, error) {
	file := filepath.Join(w.dir, "certs", name)
	return tls.LoadX509KeyPair(file+".pem", file+"-key.pem")
}

func (w *world) partner(id partners.ID) partners.Partner {
	p, ok := w.roster.Find(id)
	if !ok {
		w.Fatalf("no bank %s", id)
	}
	return p
}

func (w *world) dialect(id partners.ID) style.Dialect {
	d, ok := style.Standard().Find(string(id))
	if !ok {
		w.Fatalf("no dialect %s", id)
	}
	return d
}

// pull pulls an order as the gateway does, and reads it.
func (w *world) pull(id partners.ID, order string) (style.Request, error) {
	p, d := w.partner(id), w.dialect(id)
	reply, err := w.clients.PullOrder(context.Background(), p, order)
	if err != nil {
		return style.Request{}, err
	}
	in := style.Message{ContentType: reply.Header["content-type"], Header: style.Header{}, Body: reply.Body}
	for _, name := range d.Headers() {
		if value, ok := reply.Header[name]; ok {
			in.Header[name] = value
		}
	}
	return d.Decode(in, p.Keys, time.Now())
}

// observed waits until a call of a bank with the given status has been observed.
func (w *world) observed(id partners.ID, status int, fault banks.Kind) {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w.mutex.Lock()
		found := slices.ContainsFunc(w.calls, func(c banks.Call) bool { return c.Bank == id && c.Status == status && c.Fault == fault })
		w.mutex.Unlock()
		if found {
			return
		}
	}
	w.Errorf("%s: no call with status %d and fault %q was observed", id, status, fault)
}

// taken waits until the call has come that suffers the only fault.
func (w *world) taken(id partners.ID) {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); len(w.banks[id].Faults()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("%s: no call has come", id)
		}
	}
}

func ids() []partners.ID { return []partners.ID{"bspb", "pochtabank", "sberbank", "tinkoff", "vtb"} }

func TestSandboxBanksNeedAPreparedDirectory(t *testing.T) {
	dir := t.TempDir()
	if _, err := development.SandboxBanks(dir, time.Now); !errors.Is(err, development.ErrNotPrepared) {
		t.Errorf("error %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("it left %v, %v", files, err)
	}
}
