package crdb

import (
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// fault is what a proxy does to one statement.
type fault struct {
	kind string // one of the constants; empty: nothing
	code string // SQLSTATE
}

const (
	cutBefore = "cut before" // the server never sees the statement, and the line is cut
	cutAfter  = "cut after"  // the server runs it, and the line is cut before the answer arrives
	failing   = "fail"       // the server runs a statement in its place that fails with code
	lie       = "lie"        // the server runs it, and the client is told code
	fatal     = "fatal"      // the server never sees the statement; the client is told code, fatally
	fatalLie  = "fatal lie"  // the server runs it; the client is told code, fatally
	hangUp    = "hang up"    // the server runs it and answers, and then says code, fatally
	hold      = "hold"       // the statement is held until the proxy is released
)

// proxy stands between a store and its server and applies faults to statements by their names.
type proxy struct {
	t        *testing.T
	listener net.Listener
	server   string
	released chan struct{}
	once     sync.Once

	mu    sync.Mutex
	seen  map[string]int
	rule  func(statement string, n int) fault // n counts the statement from 1, over all connections
	conns []net.Conn
	wait  sync.WaitGroup
}

// newProxy gives a proxy to the server of a URL, and the URL of the proxy.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	query := u.Query()
	dir, err := os.MkdirTemp("", "poruka-proxy-") // a name without commas, which separate hosts
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &proxy{t: t, server: filepath.Join(query.Get("host"), ".s.PGSQL."+query.Get("port")), seen: map[string]int{}, released: make(chan struct{})}
	p.listener, err = net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	must(t, err)
	query.Set("host", dir)
	query.Set("port", "5432")
	u.RawQuery = query.Encode()
	p.wait.Go(p.accept)
	t.Cleanup(p.close)
	return p, u.String()
}

func (p *proxy) set(rule func(statement string, n int) fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule, p.seen = rule, map[string]int{}
}

func (p *proxy) judge(statement string) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[statement]++
	if p.rule == nil {
		return fault{}
	}
	return p.rule(statement, p.seen[statement])
}

func (p *proxy) count(statement string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[statement]
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.release()
	p.wait.Wait()
}

// release lets go of what is held.
func (p *proxy) release() { p.once.Do(func() { close(p.released) }) }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		l := &line{proxy: p, client: client, server: server, backend: pgproto3.NewBackend(client, client), frontend: pgproto3.NewFrontend(server, server)}
		p.wait.Go(func() { l.fromClient(); l.cut() })
		p.wait.Go(func() { l.fromServer(); l.cut() })
	}
}

// line is one connection.
type line struct {
	proxy          *proxy
	client, server net.Conn
	backend        *pgproto3.Backend
	frontend       *pgproto3.Frontend

	mu      sync.Mutex
	swallow int      // answers to statements of the proxy's own
	last    *fault   // the server sees nothing any more
	answers []*fault // what to do to each answer to come; one for each Execute
}

func (l *line) cut() {
	_ = l.client.Close()
	_ = l.server.Close()
}

var errCut = errors.New("cut")

func (l *line) fromClient() {
	startup, err := l.backend.ReceiveStartupMessage()
	if err != nil {
		return
	}
	l.frontend.Send(startup)
	for l.frontend.Flush() == nil {
		msg, err := l.backend.Receive()
		if err != nil {
			return
		}
		if err := l.forward(msg); err != nil {
			return
		}
	}
}

func (l *line) forward(msg pgproto3.FrontendMessage) error {
	l.mu.Lock()
	isDeaf := l.last != nil
	l.mu.Unlock()
	if isDeaf {
		return nil
	}
	bind, ok := msg.(*pgproto3.Bind)
	if !ok {
		l.frontend.Send(msg)
		return nil
	}
	f := l.proxy.judge(bind.PreparedStatement)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch f.kind {
	case cutBefore:
		return errCut
	case fatal: // behind the answers to what came before
		if len(l.answers) == 0 {
			l.tell(f.code, "FATAL")
			return errCut
		}
		l.last = &f
		l.frontend.Send(&pgproto3.Flush{})
		return nil
	case hold:
		l.mu.Unlock()
		_ = l.frontend.Flush()
		<-l.proxy.released
		l.mu.Lock()
	case failing:
		l.swallow++
		l.frontend.Send(&pgproto3.Parse{Query: "DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '" + f.code + "'; END $$"})
		l.frontend.Send(&pgproto3.Bind{})
		l.answers = append(l.answers, &fault{})
		return nil
	}
	l.answers = append(l.answers, &f)
	l.frontend.Send(msg)
	return nil
}

func (l *line) tell(code, severity string) {
	l.backend.Send(&pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "injected"})
	_ = l.backend.Flush()
}

func (l *line) fromServer() {
	for {
		msg, err := l.frontend.Receive()
		if err != nil {
			return
		}
		send, err := l.answer(msg)
		if err != nil {
			return
		}
		if send {
			l.backend.Send(msg)
			if l.backend.Flush() != nil {
				return
			}
		}
	}
}

// answer tells whether a message of the server goes on to the client.
func (l *line) answer(msg pgproto3.BackendMessage) (send bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch msg.(type) {
	case *pgproto3.ParseComplete:
		if l.swallow > 0 {
			l.swallow--
			return false, nil
		}
	case *pgproto3.ReadyForQuery:
		l.answers, l.swallow = nil, 0
	case *pgproto3.CommandComplete:
		if len(l.answers) == 0 {
			return true, nil
		}
		f := l.answers[0]
		l.answers = l.answers[1:]
		switch f.kind {
		case cutAfter:
			return false, errCut
		case lie:
			l.tell(f.code, "ERROR")
			return false, nil
		case hangUp:
			l.backend.Send(msg)
			l.tell(f.code, "FATAL")
			return false, errCut
		case fatalLie:
			l.tell(f.code, "FATAL")
			return false, errCut
		}
		if l.last != nil && len(l.answers) == 0 {
			l.backend.Send(msg)
			l.tell(l.last.code, "FATAL")
			return false, errCut
		}
	}
	return true, nil
}
