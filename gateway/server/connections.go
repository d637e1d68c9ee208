package server

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/partners"
)

// errConnections ends a handshake; the bank's other connections stay.
var errConnections = errors.New("server: the bank has as many connections as its agreement allows")

// connections keeps each bank within its number of open connections, over both ports: without it one bank could use up the
// sockets of all. It counts a connection from the end of its handshake to its close.
type connections struct {
	directory   partners.Directory
	trustDomain string
	mu          sync.Mutex
	open        map[partners.ID]int
}

func newConnections(directory partners.Directory, trustDomain string) *connections {
	return &connections{directory: directory, trustDomain: trustDomain, open: map[partners.ID]int{}}
}

// listener makes its connections tell when they close.
func (c *connections) listener(inner net.Listener) net.Listener { return countedListener{inner} }

// config adds the limit to what config checks of a client. The connections must come from listener.
func (c *connections) config(config *tls.Config) *tls.Config {
	guarded := config.Clone()
	guarded.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		chosen, err := config.GetConfigForClient(hello)
		if err != nil {
			return nil, err
		}
		conn, ok := hello.Conn.(*countedConn)
		if !ok {
			return nil, errors.New("server: a connection of a foreign listener")
		}
		chosen = chosen.Clone()
		verify := chosen.VerifyConnection
		chosen.VerifyConnection = func(state tls.ConnectionState) error {
			if err := verify(state); err != nil {
				return err
			}
			return c.admit(conn, state)
		}
		return chosen, nil
	}
	return guarded
}

func (c *connections) admit(conn *countedConn, state tls.ConnectionState) error {
	caller, err := certs.CallerOf(state.PeerCertificates[0], c.trustDomain)
	if err != nil || caller.Role != certs.RoleBank {
		return err
	}
	id := partners.ID(caller.ID)
	bank, ok := c.directory.Find(id)
	if !ok {
		return nil // each of its calls is refused with a reason; a handshake could not tell one
	}
	if !c.take(id, bank.Limits.Connections) {
		return errConnections
	}
	conn.onClose(func() { c.giveBack(id) })
	return nil
}

func (c *connections) take(id partners.ID, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[id] >= most {
		return false
	}
	c.open[id]++
	return true
}

func (c *connections) giveBack(id partners.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[id]--; c.open[id] == 0 {
		delete(c.open, id)
	}
}

type countedListener struct{ net.Listener }

// Accept waits for the next connection.
func (l countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn}, nil
}

// countedConn runs a function once when it is closed.
type countedConn struct {
	net.Conn
	mu     sync.Mutex
	closed bool
	done   func()
}

// onClose runs done when the connection closes; at once when it has closed already.
func (c *countedConn) onClose(done func()) {
	c.mu.Lock()
	closed := c.closed
	c.done = done
	c.mu.Unlock()
	if closed {
		done()
	}
}

// Close closes the connection and runs what was to be run, once.
func (c *countedConn) Close() error {
	c.mu.Lock()
	done := c.done
	again := c.closed
	c.closed = true
	c.mu.Unlock()
	if done != nil && !again {
		done()
	}
	return c.Conn.Close()
}
