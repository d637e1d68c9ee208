package ledgertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/poruka/poruka/ledger"
)

func modelTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){"random histories agree with Memory": histories}
}

// The histories run in a small world, so that its inhabitants meet.
const (
	modelAccounts = 4
	modelEntries  = 12
	modelIndexes  = 3
)

// histories gives each history a world of its own in one ledger.
func histories(t *testing.T, s suite) {
	m := model{engine: s.fresh(t), memory: &Memory{}}
	rapid.Check(t, func(r *rapid.T) {
		m.begin(r)
		r.Repeat(map[string]func(*rapid.T){
			"transact": m.transact,
			"careless": m.careless,
			"suspend":  m.suspend,
			"reads":    m.reads,
			"reports":  m.reports,
			"":         m.compare,
		})
	})
}

type model struct {
	engine, memory           ledger.Engine
	world                    int // number of the first thing in it
	engineBegin, memoryBegin ledger.Cursor
}

func (m *model) begin(r *rapid.T) {
	m.world += 100
	for e, head := range map[ledger.Engine]*ledger.Cursor{m.engine: &m.engineBegin, m.memory: &m.memoryBegin} {
		var err error
		if *head, err = e.Head(context.Background()); err != nil {
			r.Fatal(err)
		}
	}
}

func (m *model) page(e ledger.Engine, limit int) ledger.Page {
	if e == m.engine {
		return ledger.Page{After: m.engineBegin, Limit: limit}
	}
	return ledger.Page{After: m.memoryBegin, Limit: limit}
}

// both runs the same transaction on both and wants the same answer.
func (m *model) both(r *rapid.T, keys ledger.Keys, decide func(*ledger.View) error) {
	got := m.engine.Transact(context.Background(), keys, decide)
	want := m.memory.Transact(context.Background(), keys, decide)
	if answer(got) != answer(want) {
		r.Fatalf("the engine answers %v, the model %v", got, want)
	}
}

func answer(err error) string {
	for _, known := range []error{errRefused, ledger.ErrConflict, ledger.ErrNotFound, ledger.ErrUnavailable} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "another error"
	}
	return "none"
}

func (m *model) transact(r *rapid.T) {
	group := rapid.SliceOfN(m.steps(), 1, 8).Draw(r, "group")
	m.both(r, m.keys(), func(v *ledger.View) error {
		for _, s := range group {
			if err := v.Try(s.decide); err != nil && !errors.Is(err, errRefused) {
				return err
			}
		}
		return nil
	})
}

// careless writes without having asked: unique keys are all that stands in the way.
func (m *model) careless(r *rapid.T) {
	s := m.steps().Draw(r, "step")
	keys := ledger.Keys{Attempts: []ledger.AttemptKey{s.attempts()}}
	if rapid.Bool().Draw(r, "asks for the account") {
		keys.Accounts = []ledger.AccountID{accountID(s.World + s.Account)}
	}
	m.both(r, keys, func(v *ledger.View) error { s.write(v); return nil })
}

func (m *model) suspend(r *rapid.T) {
	s := m.steps().Draw(r, "step")
	for _, e := range []ledger.Engine{m.engine, m.memory} {
		err := e.Resume(context.Background(), s.Partner)
		if s.DryRun {
			err = e.Suspend(context.Background(), ledger.Suspension{Partner: s.Partner, At: s.At, By: "operator"})
		}
		if err != nil {
			r.Fatal(err)
		}
	}
}

// reads looks at a part of everything as a reader does.
func (m *model) reads(r *rapid.T) {
	ctx, s := context.Background(), m.steps().Draw(r, "step")
	agree(r, "account", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Account, error) {
		a, err := e.Account(ctx, accountID(s.World+s.Account))
		return []ledger.Account{a}, err
	})
	agree(r, "account by SNILS", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Account, error) {
		a, err := e.AccountBySNILS(ctx, s.snils())
		return []ledger.Account{a}, err
	})
	agree(r, "entry", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Entry, error) {
		en, err := e.Entry(ctx, entryID(s.World+s.Entry))
		return []ledger.Entry{en}, err
	})
	agree(r, "all entries", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Entry, error) {
		entries, _, err := e.Entries(ctx, ledger.Filter{}, m.page(e, 100))
		return entries, err
	})
	agree(r, "suspensions", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Suspension, error) { return e.Suspensions(ctx) })
}

func (m *model) reports(r *rapid.T) {
	ctx, s := context.Background(), m.steps().Draw(r, "step")
	filter := ledger.Filter{}
	if rapid.Bool().Draw(r, "from") {
		filter.From = s.At
	}
	if rapid.Bool().Draw(r, "to") {
		filter.To = s.At.Add(2 * time.Second)
	}
	if rapid.Bool().Draw(r, "by partner") {
		filter.Partner = s.Partner
	}
	if rapid.Bool().Draw(r, "by outcome") {
		filter.Outcome = ledger.OutcomeNotMatched
	}
	limit := rapid.IntRange(1, 5).Draw(r, "limit")
	agree(r, "entries", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Entry, error) {
		entries, _, err := e.Entries(ctx, filter, m.page(e, limit))
		return entries, err
	})
	agree(r, "entries of an account", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Entry, error) {
		entries, _, err := e.EntriesOfAccount(ctx, accountID(s.World+s.Account), ledger.Page{Limit: limit})
		return entries, err
	})
	agree(r, "summary", m.engine, m.memory, func(e ledger.Engine) ([]ledger.Count, error) { return e.Summary(ctx, filter) })
}

// compare looks at everything there can be as a decision sees it.
func (m *model) compare(r *rapid.T) {
	agree(r, "what a decision sees", m.engine, m.memory, func(e ledger.Engine) ([]any, error) {
		var seen []any
		see := func(what any, found bool) { seen = append(seen, what, found) }
		err := e.Transact(context.Background(), m.keys(), func(v *ledger.View) error {
			seen = nil
			keys := m.keys()
			for _, id := range keys.Accounts {
				a, found := v.Account(id)
				see(a, found)
			}
			for i := range keys.SNILS {
				bySNILS, found := v.AccountBySNILS(keys.SNILS[i])
				see(bySNILS.ID, found)
				byPhone, found := v.AccountByPhone(keys.Phones[i])
				see(byPhone.ID, found)
			}
			for _, id := range keys.Entries {
				en, found := v.Entry(id)
				see(en, found)
			}
			for _, key := range keys.Attempts {
				see(v.Attempts(key), true)
			}
			return nil
		})
		return seen, err
	})
}

func agree[T any](r *rapid.T, what string, engine, memory ledger.Engine, ask func(ledger.Engine) ([]T, error)) {
	got, gotErr := ask(engine)
	want, wantErr := ask(memory)
	if answer(gotErr) != answer(wantErr) {
		r.Fatalf("%s: the engine answers %v, the model %v", what, gotErr, wantErr)
	}
	if len(got)+len(want) > 0 {
		same(r, what, got, want)
	}
}
