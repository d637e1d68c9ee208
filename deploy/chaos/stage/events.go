package stage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// event is something that happens to a whole line, server or gateway.
type event struct {
	name string
	call int                   // that sets it off
	do   func(context.Context) // ends with the context at the latest
}

// How often the heavy events come, in trials; they take longer than a trial without.
const (
	restartsIn = 10
	dropsIn    = 10
	stopsIn    = 40
)

// lastCall is the last call that may set off an event: most trials have more.
const lastCall = 100

// schedule is the events of a trial.
func (s *Stage) schedule(c chance) []event {
	var list []event
	add := func(name string, do func(context.Context)) {
		list = append(list, event{name: name, call: 5 + c.likes.IntN(lastCall-5), do: do})
	}
	if len(s.proxies) > 0 && c.permille+c.onCommit > 0 {
		for range c.likes.IntN(4) {
			name, do := s.ofLines(c)
			add(name, do)
		}
	}
	gate := s.gates[c.likes.IntN(len(s.gates))]
	if c.likes.IntN(restartsIn) == 0 {
		add("gateway drained", gate.restart)
	}
	if c.likes.IntN(dropsIn) == 0 {
		add("gateway dropped", gate.drop)
	}
	rest := millis(c.likes, 150)
	if s.server != nil && c.likes.IntN(s.cfg.KillEvery) == 0 {
		add("server killed", func(ctx context.Context) {
			s.kill()
			wait(ctx, rest)
			_ = s.revive(context.WithoutCancel(ctx)) // Calm tells
		})
	}
	if s.server != nil && c.likes.IntN(stopsIn) == 0 {
		add("server frozen", func(ctx context.Context) { s.freezeServer(ctx, rest) })
	}
	slices.SortStableFunc(list, func(a, b event) int { return cmp.Compare(a.call, b.call) })
	return list
}

// freezeServer stops the server's processes for a while.
func (s *Stage) freezeServer(ctx context.Context, d time.Duration) {
	s.reviver.Lock()
	defer s.reviver.Unlock()
	if s.isDown || s.server.Freeze() != nil {
		return
	}
	wait(ctx, d)
	_ = s.server.Thaw()
}

// ofLines is something that happens to all lines of a gateway.
func (s *Stage) ofLines(c chance) (string, func(context.Context)) {
	proxy := pick(c.likes, s.proxies)
	long := millis(c.likes, 150)
	switch c.likes.IntN(3) {
	case 0:
		return "all lines cut", func(context.Context) { proxy.Cut() }
	case 1:
		return "all lines frozen", func(ctx context.Context) {
			proxy.Freeze()
			wait(ctx, long)
			proxy.Thaw()
		}
	default:
		return "lines refused", func(ctx context.Context) {
			proxy.Refuse()
			proxy.Cut()
			wait(ctx, long)
			proxy.Admit()
		}
	}
}

// holdAtMost is how long a statement is held on a machine with nothing else to do.
const holdAtMost = 60 * time.Millisecond

// did counts a fault, and lets go of what is held after a while.
func (s *Stage) did(proxy *pgproxy.Proxy) func(pgproxy.Fault) {
	return func(f pgproxy.Fault) {
		s.tally.add(nameOf(f))
		if f.Kind == pgproxy.Hold {
			for late := holdAtMost; late < time.Second; late *= 4 { // on a busy machine the statement may not be held yet
				time.AfterFunc(late, proxy.Release)
			}
		}
	}
}

func nameOf(f pgproxy.Fault) string {
	switch {
	case f.Kind == pgproxy.Pass:
		return "delay"
	case f.Fatal:
		return "fatal " + f.Kind.String()
	}
	return f.Kind.String()
}
