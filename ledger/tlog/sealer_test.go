package tlog_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/tlog"
)

func TestAnHourIsSealedAMinuteAfterItsEnd(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.at(3*time.Hour, s)
	if len(y.entries()) != 0 {
		t.Error("a seal of nothing at all")
	}
	y.decide("neva-bank", time.Minute, 2*time.Minute)
	y.decide("volga-bank", 3*time.Minute)
	y.at(time.Hour+59*time.Second, s)
	if n := len(y.seals(ledger.PortalID)); n != 0 {
		t.Errorf("%d seals before their time", n)
	}
	y.at(time.Hour+time.Minute, s)
	y.at(time.Hour+2*time.Minute, s)
	for bank, count := range map[ledger.PartnerID]int64{"neva-bank": 2, "volga-bank": 1, ledger.PortalID: 0, ledger.StaffID: 0} {
		if got := y.prove(bank, 1)[0]; got.Count != count || got.To != 3 {
			t.Errorf("%s: %+v", bank, got)
		}
	}
	want := tlog.Sealing{Hour: epoch, Seals: 4, Entries: 3}
	if len(y.seen) != 1 || y.seen[0] != want {
		t.Errorf("told %+v", y.seen)
	}
	e := y.entries()[3]
	if e.Kind != ledger.KindSeal || e.Link.Size != 4 || !y.ring.IsMarked(canon.Record(e), e.Mark) || !e.DecidedAt.Equal(epoch.Add(time.Hour+time.Minute)) {
		t.Errorf("seal %+v", e)
	}
	y.verifyLog()
}

func TestEmptyHoursAreSealed(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.decide("neva-bank", time.Minute)
	for h := 1; h <= 5; h++ {
		y.at(time.Duration(h)*time.Hour+time.Minute, s)
	}
	seals := y.prove("neva-bank", 5)
	if seals[0].Count != 1 || seals[4].Entries() != 0 || seals[4].From != seals[3].To || seals[4].Root != rfc6962Empty {
		t.Errorf("%+v", seals)
	}
}

func TestLateAndEarlyEntriesCountUnderTheirHours(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.decide("neva-bank", 10*time.Minute, 61*time.Minute, 20*time.Minute)
	y.at(61*time.Minute, s) // the second entry cuts the range
	y.decide("neva-bank", 70*time.Minute, 30*time.Minute, 119*time.Minute, 31*time.Minute, 120*time.Minute+30*time.Second)
	y.at(121*time.Minute, s)
	y.decide("neva-bank", 32*time.Minute, 80*time.Minute, 130*time.Minute, -time.Hour, 9*time.Hour)
	y.at(181*time.Minute, s)
	seals := y.prove("neva-bank", 3)
	for i, want := range []string{
		"to=1 count=1 root",
		"count=3 late=2026-11-22T09:3 early=2026-11-22T11:1 root",
		"count=1 late=2026-11-22T08:1,2026-11-22T09:1,2026-11-22T10:1 early=2026-11-22T18:1 root", // the clock of some gateway is wrong
	} {
		if got := seals[i].Detail(); !strings.Contains(got, want) {
			t.Errorf("seal %d is %q, want %q", i, got, want)
		}
	}
	y.decide("neva-bank", 182*time.Minute)
	y.at(241*time.Minute, s)
	y.at(11*time.Hour, s)
	if n := counts(y.prove("neva-bank", 10)); n[3] != 1 || n[9] != 0 {
		t.Errorf("%d", n)
	}
}

func TestABankComesAndGoes(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.decide("neva-bank", time.Minute)
	y.at(time.Hour+time.Minute, s)
	y.roster = []ledger.PartnerID{"volga-bank"}
	y.at(2*time.Hour+time.Minute, s)
	y.at(3*time.Hour+time.Minute, y.sealer())
	y.prove("neva-bank", 3)
	seals := y.prove("volga-bank", 2)
	if seals[0].From != 0 || !seals[0].Hour.Equal(epoch.Add(time.Hour)) {
		t.Errorf("the first seal of a bank that came later: %+v", seals[0])
	}
}

func TestHoursThatWereMissedAreMadeUpFor(t *testing.T) {
	y := newYard(t)
	first := y.sealer()
	y.decide("neva-bank", time.Minute)
	y.at(time.Hour+time.Minute, first)
	for h := 1; h < 40; h++ {
		if h%5 == 0 {
			continue
		}
		for n := range 9 {
			y.decide("neva-bank", time.Duration(h)*time.Hour+time.Duration(n*6)*time.Minute)
		}
	}
	second := y.sealer()
	y.at(40*time.Hour+time.Minute, second)
	seals := y.prove("neva-bank", 40)
	for h, n := range counts(seals) {
		if want := int64(9); h > 0 && (h%5 == 0) != (n == 0) || n > want {
			t.Errorf("hour %d has %d entries, %v", h, n, seals[h].Detail())
		}
	}
	y.decide("neva-bank", 40*time.Hour+10*time.Minute)
	y.at(42*time.Hour, y.sealer()) // behind a long row of seals
	y.decide("neva-bank", 42*time.Hour+10*time.Minute)
	y.at(43*time.Hour+time.Minute, first) // has slept long
	y.at(44*time.Hour+time.Minute, second)
	y.prove("neva-bank", 44)
	y.verifyLog()
}

func TestTheRoundWaitsForWhatIsNotInTheLogYet(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.decide("neva-bank", time.Minute)
	waiting := y.store(y.writer, 1) // decided at the beginning of the hour, and not in the log
	y.clock.now = epoch.Add(time.Hour + 2*time.Minute)
	must(t, s.Seal(context.Background()))
	if len(y.entries()) != 2 {
		t.Error("the hour is sealed although an entry of it waits")
	}
	y.at(time.Hour+11*time.Minute, s)
	y.at(2*time.Hour+time.Minute, s)
	seals := y.prove("neva-bank", 2)
	if seals[0].Count != 1 || seals[1].Of(canon.HourOf(waiting[0].DecidedAt)) != 1 {
		t.Errorf("%+v", seals)
	}
}

func TestSealerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		y := &yard{world: w, roster: []ledger.PartnerID{"neva-bank"}}
		y.committer = y.commit(w.memory)
		ctx, cancel := context.WithCancel(t.Context())
		i := w.integrator(w.memory)
		done := make(chan error, 2)
		go func() { done <- i.Run(ctx) }()
		s := y.sealer(func(c *tlog.SealerConfig) { c.Clock = time.Now })
		go func() { done <- s.Run(ctx) }()
		scribe := w.scribe()
		for range 10 {
			entries := w.group(3)
			for n := range entries {
				entries[n].DecidedAt = time.Now().UTC().Truncate(time.Microsecond)
			}
			scribe.Finish(entries)
			must(t, w.put(entries))
			scribe.Stored(entries)
			time.Sleep(30 * time.Minute)
		}
		time.Sleep(2 * time.Minute)
		cancel()
		must(t, <-done)
		must(t, <-done)
		list, err := tlog.Seals(context.Background(), w.memory, tlog.SealIDsOf(w.ring), "neva-bank", time.Now().Add(-10*time.Hour), time.Now())
		must(t, err)
		if len(list) != 5 || len(y.seen) != 5 {
			t.Errorf("%d seals in 5 hours", len(list))
		}
		var all int64
		for _, e := range list {
			said, err := canon.ParseSeal(e.Detail)
			must(t, err)
			all += said.Entries()
		}
		if all != 30 {
			t.Errorf("%d of 30 entries are sealed", all)
		}
	})
}

func TestSealerConfig(t *testing.T) {
	y := newYard(t)
	good := tlog.SealerConfig{
		Committer: y.committer, Reader: y.memory, Reporter: y.memory, Log: y.memory, IDs: tlog.SealIDsOf(y.ring), Clock: y.clock.read,
		Partners: func() []ledger.PartnerID { return nil }, Logger: textLogger(io.Discard),
	}
	for name, spoil := range map[string]func(*tlog.SealerConfig){
		"committer": func(c *tlog.SealerConfig) { c.Committer = nil },
		"log":       func(c *tlog.SealerConfig) { c.Log = nil },
		"ids":       func(c *tlog.SealerConfig) { c.IDs = nil },
		"limit":     func(c *tlog.SealerConfig) { c.Limit = -1 },
	} {
		bad := good
		spoil(&bad)
		if _, err := tlog.NewSealer(bad); err == nil {
			t.Errorf("no error without a good %s", name)
		}
	}
}
