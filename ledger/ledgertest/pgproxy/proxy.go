package pgproxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy is a running proxy. It is safe for concurrent use.
type Proxy struct {
	listener        net.Listener
	network, server string          // where the server is
	address         string          // URL of the proxy
	ended           context.Context //nolint:containedctx // the life of the proxy, not of a call
	end             context.CancelFunc
	wait            sync.WaitGroup

	judging sync.Mutex // guards what rules see
	rule    Rule
	seen    map[string]int

	mu        sync.Mutex
	lines     map[*line]struct{}
	released  chan struct{} // closed by Release
	thawed    chan struct{} // closed while nothing is frozen
	isRefused bool
	isClosed  bool
}

// Start gives a proxy to the server of a URL: postgres:// or cockroach://, with host and port or a unix socket. Close it when
// done. Errors do not quote the URL.
func Start(address string) (*Proxy, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	u, err := url.Parse("postgres://" + rest)
	if err != nil {
		return nil, errors.New("pgproxy: the address of the server is not a URL")
	}
	query := u.Query()
	switch query.Get("sslmode") {
	case "", "disable", "allow", "prefer":
	default:
		return nil, fmt.Errorf("pgproxy: the URL says sslmode=%s, and the proxy does not speak TLS", query.Get("sslmode"))
	}
	query.Set("sslmode", "disable")
	u.RawQuery = query.Encode()
	server, err := pgconn.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("pgproxy: the address of the server is not a connection URL")
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("pgproxy: listen: %w", err)
	}
	query.Del("host")
	query.Del("port")
	u.Scheme, u.Host, u.RawQuery = scheme, listener.Addr().String(), query.Encode()

	p := &Proxy{
		listener: listener, address: u.String(),
		seen: map[string]int{}, lines: map[*line]struct{}{}, released: make(chan struct{}), thawed: make(chan struct{}),
	}
	close(p.thawed)
	p.network, p.server = pgconn.NetworkAddress(server.Host, server.Port)
	p.ended, p.end = context.WithCancel(context.Background())
	p.wait.Go(p.accept)
	return p, nil
}

// URL is that of Start, with the proxy in the place of the server.
func (p *Proxy) URL() string { return p.address }

// Close cuts all lines and ends the proxy.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.isClosed = true
	p.mu.Unlock()
	p.end()
	p.Cut()
	p.wait.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil // it was closed before
	}
	return err
}

// Apply sets the rule for all statements from now on, and counts anew. No rule passes everything.
func (p *Proxy) Apply(rule Rule) {
	p.judging.Lock()
	defer p.judging.Unlock()
	p.rule, p.seen = rule, map[string]int{}
}

func (p *Proxy) judge(name, text string) Fault {
	p.judging.Lock()
	defer p.judging.Unlock()
	s := Statement{Name: name, Text: text}
	p.seen[s.Key()]++
	s.N = p.seen[s.Key()]
	if p.rule == nil {
		return Fault{}
	}
	return p.rule(s)
}

// Count tells how often a statement has been used since Apply.
func (p *Proxy) Count(key string) int {
	p.judging.Lock()
	defer p.judging.Unlock()
	return p.seen[key]
}

// Counts tells how often each statement has been used since Apply.
func (p *Proxy) Counts() map[string]int {
	p.judging.Lock()
	defer p.judging.Unlock()
	return maps.Clone(p.seen)
}

// Release lets go of every statement that is held now.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.released)
	p.released = make(chan struct{})
}

// Freeze stops all lines where they are, in both directions, and new ones too: nothing is lost and nothing arrives.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.thawed:
		p.thawed = make(chan struct{})
	default:
	}
}

// Thaw lets frozen lines go on.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.thawed:
	default:
		close(p.thawed)
	}
}

// Cut cuts all lines now. New ones may be made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.cut()
	}
}

// Refuse closes new lines as soon as they are made, until Admit. Those that are there stay.
func (p *Proxy) Refuse() { p.refuse(true) }

// Admit ends Refuse.
func (p *Proxy) Admit() { p.refuse(false) }

func (p *Proxy) refuse(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isRefused = is
}

// Lines tells how many lines there are now.
func (p *Proxy) Lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() {
			server, err := (&net.Dialer{}).DialContext(p.ended, p.network, p.server)
			if err != nil {
				_ = client.Close()
				return
			}
			l := newLine(p, client, server)
			if p.keep(l) {
				l.run()
			}
			l.cut()
			p.forget(l)
		})
	}
}

func (p *Proxy) keep(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[l] = struct{}{}
	return !p.isRefused && !p.isClosed
}

func (p *Proxy) forget(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.lines, l)
}

// gates gives the channels that are closed by Release and by Thaw.
func (p *Proxy) gates() (released, thawed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.released, p.thawed
}
