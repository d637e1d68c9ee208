package tlog_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// lossy loses answers and fails, and lets others go first.
type lossy struct {
	ledger.Transactor
	mu   sync.Mutex
	dice *rand.Rand
}

func (l *lossy) roll(sides int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(sides)
}

func (l *lossy) Transact(ctx context.Context, keys ledger.Keys, decide func(*ledger.View) error) error {
	time.Sleep(time.Duration(l.roll(2000)) * time.Millisecond)
	switch l.roll(5) {
	case 0:
		return ledger.ErrUnavailable
	case 1:
		return ledger.ErrOutcomeUnknown
	case 2:
		_ = l.Transactor.Transact(ctx, keys, decide)
		return ledger.ErrOutcomeUnknown
	default:
		return l.Transactor.Transact(ctx, keys, decide)
	}
}

// Gateways race, stop, start again with another roster and other clocks, and lose answers: each hour has one seal all the same.
func TestSeveralSealersMakeOneSealOfEachHour(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			y := &yard{world: newWorld(t)}
			var crew sync.WaitGroup
			ctx, cancel := context.WithCancel(t.Context())
			i := y.begin(ctx, &crew, y.memory)
			for n := range 3 {
				crew.Go(func() { y.restless(ctx, seed, uint64(n)) })
			}
			y.traffic(rand.New(rand.NewPCG(seed, 99)), 30*time.Hour)
			time.Sleep(4 * time.Hour)
			cancel()
			crew.Wait()
			if f := i.Halted(); f != nil {
				t.Fatal(f)
			}
			rounds := len(y.seals(ledger.PortalID))
			if rounds < 32 {
				t.Errorf("%d hours are sealed", rounds)
			}
			for _, bank := range []ledger.PartnerID{ledger.PortalID, ledger.StaffID, "neva-bank", "volga-bank"} {
				y.prove(bank, len(y.seals(bank)))
				if last := y.seals(bank); !last[len(last)-1].Hour.Equal(y.seals(ledger.PortalID)[rounds-1].Hour) {
					t.Errorf("%s has no seal for the last hour", bank)
				}
			}
			y.verifyLog()
		})
	}
}

// restless runs sealers, one after the other, that differ in what they may.
func (y *yard) restless(ctx context.Context, seed, n uint64) {
	dice := rand.New(rand.NewPCG(seed, n))
	c, err := group.New(group.Config{
		Ledger: &lossy{Transactor: y.memory, dice: rand.New(rand.NewPCG(n, seed))}, Scribe: func() group.Scribe { return y.scribe() },
	})
	must(y, err)
	defer func() { must(y, c.Close(context.WithoutCancel(ctx))) }()
	for ctx.Err() == nil {
		skew := time.Duration(dice.IntN(4000)-2000) * time.Millisecond
		roster := []ledger.PartnerID{"volga-bank", "neva-bank"}[:dice.IntN(3)]
		s := y.sealer(func(cfg *tlog.SealerConfig) {
			cfg.Committer, cfg.Observe = c, nil
			cfg.Clock = func() time.Time { return time.Now().Add(skew) }
			cfg.Partners = func() []ledger.PartnerID { return roster }
			cfg.Logger = textLogger(testWriter{y})
		})
		life, end := context.WithTimeout(ctx, time.Duration(1+dice.IntN(600))*time.Minute)
		_ = s.Run(life)
		end()
		select {
		case <-time.After(time.Duration(dice.IntN(300)) * time.Minute):
		case <-ctx.Done():
		}
	}
}

// testWriter fails the test when an alarm is logged.
type testWriter struct{ *yard }

func (w testWriter) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "level=ERROR") {
		w.Errorf("%s", line)
	}
	return len(line), nil
}

// traffic stores entries for some time, some of them with clocks that are wrong.
func (y *yard) traffic(dice *rand.Rand, long time.Duration) {
	scribe := y.scribe()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(time.Duration(dice.IntN(30)) * time.Minute) {
		entries := y.group(1 + dice.IntN(5))
		for n := range entries {
			wrong := time.Duration(0)
			if dice.IntN(10) == 0 {
				wrong = time.Duration(dice.IntN(600)-300) * time.Minute
			}
			entries[n].DecidedAt = time.Now().Add(wrong).UTC().Truncate(time.Microsecond)
			entries[n].Partner = []ledger.PartnerID{"neva-bank", "volga-bank", ledger.StaffID}[dice.IntN(3)]
		}
		scribe.Finish(entries)
		must(y, y.put(entries))
		scribe.Stored(entries)
	}
}

func TestASealShowsWhatWasDoneToItsEntries(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	for n := range 3 {
		y.decide("neva-bank", time.Duration(n)*time.Hour+time.Minute, time.Duration(n)*time.Hour+2*time.Minute, -time.Minute)
		y.decide("volga-bank", time.Duration(n)*time.Hour+time.Minute)
		y.at(time.Duration(n+1)*time.Hour+time.Minute, s)
	}
	seals := y.prove("neva-bank", 3)
	for name, tamper := range map[string]func([]verify.Sealed) []verify.Sealed{
		"the first deleted": func(l []verify.Sealed) []verify.Sealed { return l[1:] },
		"the last deleted":  func(l []verify.Sealed) []verify.Sealed { return l[:len(l)-1] },
		"one deleted":       func(l []verify.Sealed) []verify.Sealed { return slices.Delete(l, 1, 2) },
		"one edited":        func(l []verify.Sealed) []verify.Sealed { l[1].Record[7] ^= 1; return l },
		"one doubled":       func(l []verify.Sealed) []verify.Sealed { return slices.Insert(l, 1, l[1]) },
		"one of another hour": func(l []verify.Sealed) []verify.Sealed {
			l[0].DecidedAt = l[0].DecidedAt.Add(-time.Hour)
			return l
		},
		"two exchanged":   func(l []verify.Sealed) []verify.Sealed { l[0].Record, l[1].Record = l[1].Record, l[0].Record; return l },
		"out of order":    func(l []verify.Sealed) []verify.Sealed { l[0], l[1] = l[1], l[0]; return l },
		"one from before": func(l []verify.Sealed) []verify.Sealed { l[0].Position = seals[1].From - 1; return l },
		"one from behind": func(l []verify.Sealed) []verify.Sealed { l[2].Position = seals[1].To; return l },
		"all deleted":     func([]verify.Sealed) []verify.Sealed { return nil },
		"one added": func(l []verify.Sealed) []verify.Sealed {
			return append(l, verify.Sealed{Position: seals[1].To - 1, DecidedAt: l[0].DecidedAt})
		},
		"one put for others": func(l []verify.Sealed) []verify.Sealed { l[2].DecidedAt = l[0].DecidedAt; return l },
	} {
		list := slices.Collect(covered(seals[1], "neva-bank", y.entries()))
		if len(list) != 3 {
			t.Fatalf("%d entries", len(list))
		}
		if err := verify.CheckSeal(seals[1], slices.Values(tamper(list))); !errors.Is(err, verify.ErrSeal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if verify.SealFollows(seals[0], seals[2]) == nil || verify.SealFollows(seals[1], seals[1]) == nil {
		t.Error("a seal that is left out is not missed")
	}
}

// liar shows a reader of the ledger something else than there is.
type liar struct {
	ledger.Log
	ledger.Reader
	alter func([]ledger.Entry)
	blind bool
}

func (l *liar) Unlogged(ctx context.Context, head ledger.LogHead, limit int) ([]ledger.Entry, ledger.Cursor, error) {
	entries, after, err := l.Log.Unlogged(ctx, head, limit)
	if l.alter != nil {
		l.alter(entries)
	}
	return entries, after, err
}

func (l *liar) Entry(ctx context.Context, id ledger.EntryID) (ledger.Entry, error) {
	if l.blind {
		return ledger.Entry{}, ledger.ErrNotFound
	}
	return l.Reader.Entry(ctx, id)
}

func (y *yard) lyingSealer(l *liar) *tlog.Sealer {
	l.Log, l.Reader = y.memory, y.memory
	return y.sealer(func(c *tlog.SealerConfig) { c.Log, c.Reader = l, l })
}

func TestNothingIsSealedThatTheLogDoesNotHold(t *testing.T) {
	for name, alter := range map[string]func([]ledger.Entry){
		"edited":    func(l []ledger.Entry) { l[len(l)-1].Outcome = ledger.OutcomeConfirmed },
		"exchanged": func(l []ledger.Entry) { l[0], l[len(l)-1] = l[len(l)-1], l[0] },
	} {
		y := newYard(t)
		y.decide("neva-bank", time.Minute, 2*time.Minute, 3*time.Minute)
		y.clock.now = epoch.Add(2 * time.Hour)
		err := y.lyingSealer(&liar{alter: alter}).Seal(context.Background())
		if !errors.Is(err, tlog.ErrAltered) || len(y.entries()) != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstSealStays(t *testing.T) {
	y := newYard(t)
	y.decide("neva-bank", time.Minute)
	said := canon.Seal{Hour: epoch, To: 1, Count: 1} // the root is not that
	forged := y.group(1)
	forged[0].ID, forged[0].Kind, forged[0].Partner = tlog.SealIDsOf(y.ring)("neva-bank", epoch)[0], ledger.KindSeal, "neva-bank"
	forged[0].Detail = said.Detail()
	y.writer.Finish(forged)
	must(t, y.put(forged))
	y.clock.now = epoch.Add(time.Hour + 20*time.Minute)
	s := y.lyingSealer(&liar{blind: true})
	if err := s.Seal(context.Background()); !errors.Is(err, tlog.ErrConflictingSeal) || len(y.entries()) != 2 {
		t.Errorf("%v, %d entries", err, len(y.entries()))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	must(t, s.Run(ctx))
	if got := y.logged.String(); strings.Count(got, "level=ERROR") != 1 || !strings.Contains(got, "neva-bank") {
		t.Errorf("logged %q", got)
	}
	if len(y.seen) != 1 || !errors.Is(y.seen[0].Err, tlog.ErrConflictingSeal) {
		t.Errorf("told %+v", y.seen)
	}
}

func TestSealsListsWhatTellsOfAPeriod(t *testing.T) {
	y := newYard(t)
	s := y.sealer()
	y.decide("neva-bank", time.Minute)
	y.at(6*time.Hour+time.Minute, s)
	for name, c := range map[string]struct {
		from, to time.Duration
		hours    []int
	}{
		"one hour":            {2 * time.Hour, 3 * time.Hour, []int{1, 2, 3}},
		"a part of an hour":   {2*time.Hour + time.Minute, 2*time.Hour + 2*time.Minute, []int{1, 2, 3}},
		"over an hour's end":  {2*time.Hour + time.Minute, 3*time.Hour + time.Minute, []int{1, 2, 3, 4}},
		"the beginning":       {-9 * time.Hour, time.Hour, []int{0, 1}},
		"until after the end": {5 * time.Hour, 9 * time.Hour, []int{4, 5}},
		"nothing":             {20 * time.Hour, 30 * time.Hour, nil},
	} {
		list, err := tlog.Seals(t.Context(), y.memory, tlog.SealIDsOf(y.ring), "neva-bank", epoch.Add(c.from), epoch.Add(c.to))
		must(t, err)
		var hours []int
		for _, e := range list {
			said, err := canon.ParseSeal(e.Detail)
			must(t, err)
			hours = append(hours, int(said.Hour.Sub(epoch)/time.Hour))
		}
		if !slices.Equal(hours, c.hours) {
			t.Errorf("%s: hours %d, want %d", name, hours, c.hours)
		}
	}
}
