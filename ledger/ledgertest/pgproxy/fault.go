package pgproxy

import "time"

// Kind is what is done to a statement.
type Kind int

// Kinds of faults.
const (
	// Pass does nothing. With Fault.Delay the statement is slow.
	Pass Kind = iota
	// CutBefore: the server never sees the statement, and the line is cut.
	CutBefore
	// CutAfter: the server runs the statement, and the line is cut before its answer.
	CutAfter
	// Fail: the server runs in its place a statement that fails, so that the transaction is really aborted, and the client is
	// told Fault.Code. With Fault.Fatal the server is told nothing more: behind the answers to what came before, the client is
	// told Fault.Code as a fatal error, and the line is cut.
	Fail
	// Lie: the server runs the statement, and the client is told that it failed with Fault.Code. With Fault.Fatal the line is
	// cut behind it.
	Lie
	// HangUp: the server runs the statement, the client gets the answer, then Fault.Code as a fatal error, and the line is cut.
	HangUp
	// Hold: the statement, and what follows it on its line, is kept from the server until Proxy.Release.
	Hold
)

var kindNames = [...]string{"pass", "cut before", "cut after", "fail", "lie", "hang up", "hold"}

// String gives a name for messages of tests.
func (k Kind) String() string { return kindNames[k] }

// Fault is done to one statement. The zero Fault does nothing.
type Fault struct {
	Kind  Kind
	Code  string        // SQLSTATE, for Fail, Lie and HangUp
	Fatal bool          // for Fail and Lie
	Delay time.Duration // before anything else
}

// Statement is one use of a statement.
type Statement struct {
	Name string // of the prepared statement; empty when it has none
	Text string // SQL
	N    int    // how often its Key has been used since Apply, from 1, over all lines
}

// Key is the name of the statement, or its text when it has no name.
func (s Statement) Key() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Text
}

// Rule chooses the fault for a statement. It is called by one goroutine at a time; it may use the proxy, but for Apply, Count
// and Counts.
type Rule func(Statement) Fault

// Nth does f to the nth use of a statement, and nothing to others.
func Nth(key string, n int, f Fault) Rule {
	return func(s Statement) Fault {
		if s.Key() == key && s.N == n {
			return f
		}
		return Fault{}
	}
}

// Always does f to every use of a statement.
func Always(key string, f Fault) Rule {
	return func(s Statement) Fault {
		if s.Key() == key {
			return f
		}
		return Fault{}
	}
}
