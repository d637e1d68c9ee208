package tlog_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// yard is a ledger whose hours are sealed. Each call of decide stores entries and puts them into the log.
type yard struct {
	*world
	clock     *clock
	committer *group.Committer
	writer    *tlog.Scribe
	roster    []ledger.PartnerID
	seen      []tlog.Sealing
	logged    strings.Builder
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{world: newWorld(t), clock: &clock{epoch}, roster: []ledger.PartnerID{"neva-bank"}}
	y.writer = y.scribe()
	y.committer = y.commit(y.memory)
	return y
}

func (y *yard) commit(on ledger.Transactor) *group.Committer {
	y.Helper()
	c, err := group.New(group.Config{Ledger: on, Scribe: func() group.Scribe { return y.scribe() }})
	must(y, err)
	y.Cleanup(func() { must(y, c.Close(context.Background())) })
	return c
}

// sealer makes a new one, as a restart does.
func (y *yard) sealer(change ...func(*tlog.SealerConfig)) *tlog.Sealer {
	y.Helper()
	cfg := tlog.SealerConfig{
		Committer: y.committer, Reader: y.memory, Reporter: y.memory, Log: y.memory, IDs: tlog.SealIDsOf(y.ring), Clock: y.clock.read,
		Partners: func() []ledger.PartnerID { return y.roster }, Logger: slog.New(slog.NewTextHandler(&y.logged, nil)),
		Observe: func(s tlog.Sealing) { y.seen = append(y.seen, s) }, Limit: 7,
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := tlog.NewSealer(cfg)
	must(y, err)
	return s
}

// decide stores one entry of a bank for each of the offsets from epoch.
func (y *yard) decide(bank ledger.PartnerID, offsets ...time.Duration) {
	y.Helper()
	entries := y.group(len(offsets))
	for i, offset := range offsets {
		entries[i].Partner, entries[i].DecidedAt = bank, epoch.Add(offset)
	}
	y.writer.Finish(entries)
	must(y, y.put(entries))
	y.writer.Stored(entries)
	y.grow()
}

// grow puts into the log all that is stored, at once.
func (y *yard) grow() {
	y.Helper()
	stored := len(y.entries())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	i := y.integrator(y.memory, func(c *tlog.IntegratorConfig) {
		c.Observe = func(a tlog.Advance) {
			if a.Size == int64(stored) || a.Halted {
				cancel()
			}
		}
	})
	must(y, i.Run(ctx))
	if f := i.Halted(); f != nil {
		y.Fatal(f)
	}
}

// at sets the clock, seals, and puts the seals into the log.
func (y *yard) at(offset time.Duration, s *tlog.Sealer) {
	y.Helper()
	y.clock.now = epoch.Add(offset)
	must(y, s.Seal(context.Background()))
	y.grow()
}

// seals reads those of a bank.
func (y *yard) seals(bank ledger.PartnerID) []canon.Seal {
	y.Helper()
	var seals []canon.Seal
	for _, e := range y.entries() {
		if e.Kind == ledger.KindSeal && e.Partner == bank {
			one, err := canon.ParseSeal(e.Detail)
			must(y, err)
			seals = append(seals, one)
		}
	}
	return seals
}

// covered lists what a seal of a bank covers among entries.
func covered(s canon.Seal, bank ledger.PartnerID, entries []ledger.Entry) func(func(verify.Sealed) bool) {
	return func(yield func(verify.Sealed) bool) {
		for i := s.From; i < min(s.To, int64(len(entries))); i++ {
			e := entries[i]
			if e.Partner != bank || e.Kind == ledger.KindSeal {
				continue
			}
			if !yield(verify.Sealed{Position: i, DecidedAt: e.DecidedAt, Record: canon.Record(e)}) {
				return
			}
		}
	}
}

// prove checks the seals of a bank: contiguous from the beginning, fitting the entries, and counting each once under its own hour.
func (y *yard) prove(bank ledger.PartnerID, rounds int) []canon.Seal {
	y.Helper()
	seals, entries := y.seals(bank), y.entries()
	if len(seals) != rounds {
		y.Fatalf("%d seals of %s, want %d", len(seals), bank, rounds)
	}
	said := map[time.Time]int64{}
	for i, s := range seals {
		if i == 0 && s.From != 0 {
			y.Errorf("the first seal of %s begins at %d", bank, s.From)
		}
		if i > 0 {
			must(y, verify.SealFollows(seals[i-1], s))
		}
		must(y, verify.CheckSeal(s, covered(s, bank, entries)))
		said[s.Hour] += s.Count
		for _, one := range append(append([]canon.HourCount(nil), s.Late...), s.Early...) {
			said[one.Hour] += one.Entries
		}
	}
	for i, e := range entries {
		if e.Partner == bank && e.Kind != ledger.KindSeal && int64(i) < seals[rounds-1].To {
			said[canon.HourOf(e.DecidedAt)]--
		}
	}
	for hour, n := range said {
		if n != 0 {
			y.Errorf("%s: %d entries of %v are counted wrongly", bank, n, hour)
		}
	}
	return seals
}

func counts(seals []canon.Seal) []int64 {
	var list []int64
	for _, s := range seals {
		list = append(list, s.Count)
	}
	return list
}
