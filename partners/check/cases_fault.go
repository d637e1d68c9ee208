package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/poruka/poruka/partners/style"
)

func faults() []Case {
	return []Case{
		failing("attempts-exhausted", "a person about whom too many attempts have failed", "ATTEMPTS_EXHAUSTED", http.StatusTooManyRequests, true),
		failing("rate-limit", "more requests than the bank may send", "RATE_LIMIT", http.StatusTooManyRequests, true),
		failing("busy", "a person about whom others ask at the same time", "SUBJECT_BUSY", http.StatusConflict, true),
		failing("overloaded", "a gateway with as much work as it can take", "OVERLOADED", http.StatusTooManyRequests, true),
		failing("unavailable", "a ledger that does not answer", "LEDGER_UNAVAILABLE", http.StatusServiceUnavailable, true),
		failing("outcome-unknown", "a ledger that was lost sight of", "OUTCOME_UNKNOWN", http.StatusServiceUnavailable, true),
		failing("defect", "a defect of the gateway", "INTERNAL", http.StatusInternalServerError, false),
	}
}

// failing asks about a person with whom every request fails. Nothing is decided then: the look-up says so, and the id may be used again.
func failing(id, title, reason string, status int, later bool) Case {
	w := refused(reason, status)
	w.later = later
	c := Case{ID: id, Title: title, Wants: "refused for " + reason + "; the look-up by id says UNKNOWN, and the id is free"}
	if later {
		c.Wants = "refused for " + reason + " with Retry-After; the look-up by id says UNKNOWN, and the id is free"
	}
	c.Run = func(ctx context.Context, b *Bank) error {
		p, err := personOf("", reason)
		if err != nil {
			return err
		}
		w := w
		w.limits = reason == "RATE_LIMIT"
		r := b.request(p.Claim)
		if _, err := b.expect(ctx, r, w); err != nil {
			return err
		}
		state, _, err := b.settled(ctx, r.ID)
		if err != nil {
			return err
		}
		if state != unknown {
			return differs("a look-up that says "+unknown, word(state))
		}
		if r.Person, err = confirmable(); err != nil {
			return err
		}
		_, err = b.expect(ctx, r, confirmed())
		return in("a good request under the same id", err)
	}
	return c
}

// States of a request that is looked up.
const (
	unknown = "UNKNOWN"
	decided = "DECIDED"
)

func lost() []Case {
	return []Case{
		{
			ID: "answer-lost", Title: "the answer is never read: the connection is cut once the gateway has decided", Run: answerLost,
			Wants: "the look-up by id says DECIDED; a repeat gives the same confirmation, marked as given before",
		},
		{
			ID: "connection-cut", Title: "the connection is cut right after sending", Run: connectionCut,
			Wants: "the look-up by id says UNKNOWN or DECIDED; a repeat fits to it, and another gives the same confirmation",
		},
	}
}

// send sends a request on a connection of its own and reads nothing. cut ends the connection without a word.
func (b *Bank) send(ctx context.Context, r style.Request) (cut func(), err error) {
	m, err := b.encode(r)
	if err != nil {
		return nil, err
	}
	request, err := b.styled(ctx, b.cfg.ID, m)
	if err != nil {
		return nil, err
	}
	conn, err := b.connect(ctx, b.cfg.TLS.Clone())
	if err != nil {
		return nil, broken(err)
	}
	if err := request.Write(conn); err != nil {
		_ = conn.Close()
		return nil, broken(err)
	}
	return func() { abandon(conn) }, nil
}

// abandon resets a connection, as a machine does that goes down.
func abandon(conn *tls.Conn) {
	if raw, ok := conn.NetConn().(*net.TCPConn); ok {
		_ = raw.SetLinger(0)
	}
	_ = conn.NetConn().Close()
}

func answerLost(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	cut, err := b.send(ctx, r)
	if err != nil {
		return err
	}
	defer cut()
	name, err := b.decidedName(ctx, r.ID)
	if err != nil {
		return err
	}
	cut()
	again, err := b.expect(ctx, r, confirmed().again())
	if err != nil {
		return in("the repeat", err)
	}
	if again.answer.Name != name {
		return differs("the name that the look-up has told", "another")
	}
	return nil
}

// decideTimeout is how long a gateway may take to decide a request.
const decideTimeout = 10 * time.Second

// decidedName looks a request up until it is decided.
func (b *Bank) decidedName(ctx context.Context, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, decideTimeout)
	defer cancel()
	state := unknown
	for {
		said, found, err := b.lookUp(ctx, id)
		if errors.Is(err, errLate) {
			return "", differs("a look-up that says "+decided, word(state))
		}
		if err != nil {
			return "", err
		}
		if state = said; state == decided {
			return found.GetName(), nil
		}
		if pause(ctx) != nil {
			return "", differs("a look-up that says "+decided, word(state))
		}
	}
}

func connectionCut(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	cut, err := b.send(ctx, r)
	if err != nil {
		return err
	}
	cut()
	state, found, err := b.settled(ctx, r.ID)
	if err != nil {
		return err
	}
	first, err := b.repeat(ctx, r)
	if err != nil {
		return in("the repeat", err)
	}
	if state == decided && (!first.answer.Replayed || first.answer.Name != found.GetName()) {
		return differs("the repeat to give what the look-up has told", first.came())
	}
	second, err := b.expect(ctx, r, confirmed().again())
	if err != nil {
		return in("the second repeat", err)
	}
	return sameName(first, second)
}

// repeat sends a request until nobody is at work on it any more.
func (b *Bank) repeat(ctx context.Context, r style.Request) (reply, error) {
	for {
		got, err := b.ask(ctx, r)
		switch {
		case err != nil:
			return reply{}, err
		case got.answer != nil && got.answer.Outcome == "CONFIRMED":
			return got, nil
		case got.refusal == nil || got.refusal.Reason.Code != "REQUEST_RUNNING":
			return reply{}, differs(confirmed().String(), got.came())
		}
		if pause(ctx) != nil {
			return reply{}, fmt.Errorf("%w: the request stays under way", errLate)
		}
	}
}
