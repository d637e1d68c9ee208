package pgproxy

import "github.com/jackc/pgx/v5/pgproto3"

// failing is run by the server in the place of a statement that is to fail. Every server refuses it when it runs it.
const failing = "SELECT 1/0"

// fromClient takes what the client says to the server.
func (l *line) fromClient() error {
	for {
		msg, err := l.backend.Receive()
		if err != nil {
			return err
		}
		if !l.flows() {
			return errCut
		}
		if l.isDeaf() {
			continue
		}
		if err := l.forward(msg); err != nil {
			return err
		}
		switch msg.(type) {
		case *pgproto3.Parse, *pgproto3.Bind, *pgproto3.Describe, *pgproto3.Execute, *pgproto3.Close:
			continue // something follows
		}
		if err := l.frontend.Flush(); err != nil {
			return err
		}
	}
}

func (l *line) isDeaf() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last != nil
}

func (l *line) forward(msg pgproto3.FrontendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.Parse:
		l.texts[m.Name] = m.Query
		l.expect(toParsing, Fault{})
	case *pgproto3.Bind:
		return l.bind(m)
	case *pgproto3.Execute:
		l.expect(toStatement, l.portals[m.Portal])
		delete(l.portals, m.Portal) // the rest of a portal that is read in parts is no new statement
	case *pgproto3.Query:
		return l.query(m)
	case *pgproto3.Sync:
		l.expect(toSync, Fault{})
	}
	l.frontend.Send(msg)
	return nil
}

// bind is the beginning of a statement that was parsed before.
func (l *line) bind(m *pgproto3.Bind) error {
	f, err := l.judge(m.PreparedStatement, l.texts[m.PreparedStatement])
	if err != nil || l.isDeaf() {
		return err
	}
	if f.Kind == Fail {
		l.expect(toOwnParsing, Fault{})
		l.frontend.Send(&pgproto3.Parse{Query: failing})
		l.frontend.Send(&pgproto3.Bind{DestinationPortal: m.DestinationPortal})
	} else {
		l.frontend.Send(m)
	}
	l.portals[m.DestinationPortal] = f
	return nil
}

// query is a statement of the simple protocol.
func (l *line) query(m *pgproto3.Query) error {
	f, err := l.judge("", m.String)
	if err != nil || l.isDeaf() {
		return err
	}
	l.expect(toStatement, f)
	l.expect(toSync, Fault{})
	if f.Kind == Fail {
		m = &pgproto3.Query{String: failing}
	}
	l.frontend.Send(m)
	return nil
}

// judge asks the rule, and does what is to be done before the server sees the statement.
func (l *line) judge(name, text string) (Fault, error) {
	released, _ := l.proxy.gates() // before the rule tells anybody
	f := l.proxy.judge(name, text)
	if f.Kind != Pass || f.Delay > 0 {
		if err := l.frontend.Flush(); err != nil { // what came before is on its way
			return f, err
		}
	}
	if !l.pause(f.Delay) {
		return f, errCut
	}
	switch {
	case f.Kind == CutBefore:
		return f, errCut
	case f.Kind == Fail && f.Fatal:
		return f, l.endAfter(f)
	case f.Kind == Hold && !l.await(released):
		return f, errCut
	}
	return f, nil
}

// endAfter tells the client of a fatal error behind the answers that the server still owes.
func (l *line) endAfter(f Fault) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.awaited) == 0 {
		l.tell(f.Code, "FATAL")
		return errCut
	}
	l.last = &f
	l.frontend.Send(&pgproto3.Flush{})
	return l.frontend.Flush()
}

func (l *line) expect(kind answer, f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.awaited = append(l.awaited, awaited{kind, f})
}
