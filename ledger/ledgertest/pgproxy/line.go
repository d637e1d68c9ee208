package pgproxy

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// errCut ends a line.
var errCut = errors.New("cut")

// line is one connection of a client, and the one to the server that belongs to it.
type line struct {
	proxy          *Proxy
	client, server net.Conn
	frontend       *pgproto3.Frontend // towards the server; sending belongs to fromClient, receiving to fromServer
	gone           chan struct{}
	once           sync.Once

	texts   map[string]string // SQL by name of prepared statement; of fromClient
	portals map[string]Fault  // by name of portal; of fromClient

	mu      sync.Mutex
	backend *pgproto3.Backend // towards the client; receiving belongs to fromClient, sending is under mu
	awaited []awaited         // what the server has yet to answer
	last    *Fault            // the server is told nothing any more
	isMuted bool              // until the server is ready again: the client has been told of an error
}

// awaited is an answer of the server.
type awaited struct {
	kind  answer
	fault Fault
}

type answer int

const (
	toStatement  answer = iota
	toSync              // the server is ready again
	toParsing           // of a statement of the client's
	toOwnParsing        // of a statement of the proxy's own
)

func newLine(p *Proxy, client, server net.Conn) *line {
	return &line{
		proxy: p, client: client, server: server, gone: make(chan struct{}),
		backend: pgproto3.NewBackend(client, client), frontend: pgproto3.NewFrontend(server, server),
		texts: map[string]string{}, portals: map[string]Fault{},
	}
}

// cut may be called more than once, by anybody.
func (l *line) cut() {
	l.once.Do(func() {
		close(l.gone)
		_ = l.client.Close()
		_ = l.server.Close()
	})
}

// run lives as long as the line.
func (l *line) run() {
	if !l.greet() {
		return
	}
	var both sync.WaitGroup
	for _, way := range []func() error{l.fromClient, l.fromServer} {
		both.Go(func() {
			_ = way()
			l.cut()
		})
	}
	both.Wait()
}

// greet leads through the beginning of a line, in which client and server take turns. It reports whether statements follow.
func (l *line) greet() bool {
	for {
		opening, err := l.backend.ReceiveStartupMessage()
		if err != nil || !l.flows() {
			return false
		}
		switch opening.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if _, err := l.client.Write([]byte("N")); err != nil {
				return false
			}
			continue
		}
		l.frontend.Send(opening)
		if l.frontend.Flush() != nil {
			return false
		}
		if _, ok := opening.(*pgproto3.CancelRequest); ok {
			_, _ = l.server.Read(make([]byte, 1)) // the server hangs up when it has understood
			return false
		}
		return l.authenticate()
	}
}

func (l *line) authenticate() bool {
	for {
		msg, err := l.frontend.Receive()
		if err != nil || !l.flows() {
			return false
		}
		l.backend.Send(msg)
		if l.backend.Flush() != nil {
			return false
		}
		switch msg.(type) {
		case *pgproto3.ReadyForQuery:
			return true
		case *pgproto3.ErrorResponse:
			return false
		case *pgproto3.AuthenticationOk, *pgproto3.AuthenticationSASLFinal:
		case pgproto3.AuthenticationResponseMessage:
			if !l.answerAuthentication() {
				return false
			}
		}
	}
}

// answerAuthentication takes one answer of the client to the server.
func (l *line) answerAuthentication() bool {
	if l.backend.SetAuthType(l.frontend.GetAuthType()) != nil {
		return false
	}
	msg, err := l.backend.Receive()
	if err != nil || !l.flows() {
		return false
	}
	l.frontend.Send(msg)
	return l.frontend.Flush() == nil
}

// flows waits while the line is frozen. It reports whether it is still there.
func (l *line) flows() bool {
	_, thawed := l.proxy.gates()
	return l.await(thawed)
}

func (l *line) await(what <-chan struct{}) bool {
	select {
	case <-l.gone:
		return false
	default:
	}
	select {
	case <-what:
		return true
	case <-l.gone:
		return false
	}
}

// pause waits d, but not beyond the end of the line.
func (l *line) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.gone:
		return false
	}
}
