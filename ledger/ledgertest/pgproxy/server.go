package pgproxy

import (
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"
)

// fromServer takes what the server says to the client.
func (l *line) fromServer() error {
	for {
		msg, err := l.frontend.Receive()
		if err != nil {
			return err
		}
		if !l.flows() {
			return errCut
		}
		if err := l.hear(msg); err != nil {
			return err
		}
	}
}

func (l *line) hear(msg pgproto3.BackendMessage) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.answer(msg); err != nil {
		return err
	}
	if l.last != nil && len(l.awaited) == 0 {
		l.tell(l.last.Code, "FATAL")
		return errCut
	}
	return nil
}

// answer passes a message of the server on, or does to it what the fault of its statement says. It must be called under mu, as
// all that follows.
func (l *line) answer(msg pgproto3.BackendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.ParseComplete:
		if l.next(toParsing, toOwnParsing).kind == toOwnParsing {
			return nil
		}
	case *pgproto3.CommandComplete, *pgproto3.EmptyQueryResponse, *pgproto3.PortalSuspended:
		return l.complete(msg)
	case *pgproto3.ErrorResponse:
		return l.fail(m)
	case *pgproto3.ReadyForQuery:
		i := slices.IndexFunc(l.awaited, func(a awaited) bool { return a.kind == toSync })
		l.awaited, l.isMuted = l.awaited[i+1:], false
	}
	return l.pass(msg)
}

func (l *line) pass(msg pgproto3.BackendMessage) error {
	if l.isMuted {
		return nil
	}
	l.backend.Send(msg)
	if l.frontend.ReadBufferLen() > 0 {
		return nil // more is to go with it
	}
	return l.backend.Flush()
}

// next takes the first of some answers that the server owes before it is ready again off the list.
func (l *line) next(kinds ...answer) awaited {
	for i, a := range l.awaited {
		if slices.Contains(kinds, a.kind) {
			l.awaited = slices.Delete(l.awaited, i, i+1)
			return a
		}
		if a.kind == toSync {
			break // a further answer to a simple query
		}
	}
	return awaited{}
}

func (l *line) complete(msg pgproto3.BackendMessage) error {
	switch f := l.next(toStatement).fault; f.Kind {
	case CutAfter:
		return l.end()
	case Lie:
		if l.isMuted {
			return nil
		}
		if f.Fatal {
			l.tell(f.Code, "FATAL")
			return errCut
		}
		l.tell(f.Code, "ERROR")
		l.isMuted = true
		return nil
	case HangUp:
		l.backend.Send(msg)
		l.tell(f.Code, "FATAL")
		return errCut
	default:
		return l.pass(msg)
	}
}

// end cuts the line when the client has got what was before.
func (l *line) end() error {
	_ = l.backend.Flush()
	return errCut
}

// fail passes an error of the server on. What follows until the next synchronisation is not run.
func (l *line) fail(msg *pgproto3.ErrorResponse) error {
	if f := l.next(toStatement).fault; f.Kind == Fail {
		msg = refusal(f.Code, "ERROR")
	}
	if l.last != nil {
		l.awaited = nil // the next synchronisation will not reach the server
	}
	return l.pass(msg)
}

func (l *line) tell(code, severity string) {
	l.backend.Send(refusal(code, severity))
	_ = l.backend.Flush()
}

func refusal(code, severity string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "injected"}
}
