package trial

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// Place is where trials take place: gateways that share one ledger.
type Place interface {
	// Gateways is how many there are.
	Gateways() int
	// Conn is a connection of a caller to a gateway. It is asked for before each call, for gateways come and go. Where there is none, its
	// calls fail with ErrNobody.
	Conn(gateway int, caller string) grpc.ClientConnInterface
	// Begin lets the faults of a seed begin, once the accounts are there.
	Begin(seed uint64)
	// Called is told of every call, the nth of its trial, before it is made. It must not wait.
	Called(n int)
	// Calm ends all faults: when it returns, gateways and ledger are there.
	Calm(ctx context.Context) error
}

// ErrNobody is the error of a call to a gateway that is not there: nothing was sent.
var ErrNobody = status.Error(codes.Unavailable, "there is no gateway")

// Config is what a trial needs.
type Config struct {
	Seed       uint64
	Place      Place
	Population *people.Population
	Clock      func() time.Time
	Search     time.Duration // for the order of the answers; 0: no limit
	Settle     time.Duration // how long what callers gave up on may still be on its way when the faults are over
	// Strict: the ledger has no reason to repeat a transaction by itself; see model.Rules.
	Strict bool
	// Receipt judges the receipt of an OK answer. Nil: the place gives none.
	Receipt func(*porukav1.Confirmation) error
}

// Result is what a trial found.
type Result struct {
	Violations []string       // empty: all is well
	Undecided  bool           // the search for an order took too long
	Calls      int            // made, repeats included
	Repeats    int            // calls made again because there was no answer
	Lost       int            // calls without an answer that says what became of them
	Entries    int            // in the ledger afterwards
	Answers    map[string]int // by name
	Took       time.Duration
	drawing    func(io.Writer) error
}

// Draw writes a page that shows the history.
func (r Result) Draw(w io.Writer) error { return r.drawing(w) }

// run is one trial.
type run struct {
	Config
	plan    plan
	cast    cast
	began   time.Time
	history *model.History
	called  atomic.Int64
	repeats atomic.Int64

	mu         sync.Mutex
	names      map[uint8]string // of decisions, by request
	answers    map[string]int
	decisions  []decision
	puts       map[uint8]tally // by account
	unanswered []pending       // to be repeated once the faults are over
}

// decision is an OK answer that must be in the ledger.
type decision struct {
	call model.Call
	told told
}

// tally counts the puts of an account.
type tally struct{ sure, perhaps int64 }

// pending is a call without an answer.
type pending struct {
	client int
	call   model.Call
}

// Run runs a trial. The error is of what the trial needs, not of what it found.
func Run(ctx context.Context, cfg Config) (Result, error) {
	began := cfg.Clock()
	r := &run{
		Config: cfg, plan: draw(cfg.Seed), began: began, names: map[uint8]string{}, answers: map[string]int{}, puts: map[uint8]tally{},
		history: model.NewHistory(func() time.Duration { return cfg.Clock().Sub(began) }),
	}
	var err error
	if r.cast, err = newCast(cfg.Population, cfg.Seed, r.plan.accounts, began); err != nil {
		return Result{}, err
	}
	if err := r.openAccounts(ctx); err != nil {
		return Result{}, err
	}
	cfg.Place.Begin(cfg.Seed)
	r.everybody(ctx)
	if err := cfg.Place.Calm(ctx); err != nil {
		return Result{}, err
	}
	var violations []string
	violations = append(violations, r.repeatUnanswered(ctx)...)
	seen, found := r.lookAround(ctx)
	violations = append(violations, found...)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	return r.judge(seen, violations), nil
}

// judge looks for an order of all answers.
func (r *run) judge(seen *snapshot, violations []string) Result {
	_, lost := r.history.Len()
	if stranger := r.history.Resolve(r.truth(seen)); stranger != "" {
		violations = append(violations, fmt.Sprintf("an account owes its level to %s, which belongs to no request", stranger))
	}
	violations = append(violations, r.judgeReceipts()...)
	checked := r.history.Check(model.Rules{Repeats: !r.Strict, Time: r.Search})
	if checked.Verdict == model.NotLinearizable {
		violations = append(violations, "there is no order in which all answers are right")
	}
	return Result{
		Violations: violations, Undecided: checked.Verdict == model.Undecided, Calls: int(r.called.Load()),
		Repeats: int(r.repeats.Load()), Lost: lost, Entries: len(seen.records), Answers: r.answers,
		Took: r.Clock().Sub(r.began), drawing: checked.Draw,
	}
}

// openAccounts puts the accounts, before any fault.
func (r *run) openAccounts(ctx context.Context) error {
	for i := range r.plan.accounts {
		call := model.Call{Method: model.Put, Caller: model.Portal, Account: uint8(i), Want: model.Want{Level: model.Standard, Phone: true}}
		t := r.call(ctx, pending{client: 0, call: call}, i%r.Place.Gateways(), patience)
		if t.answer.Result != model.Created {
			return fmt.Errorf("trial: opening an account of seed %d: %s", r.Seed, strings.TrimSpace(t.name+" "+string(t.answer.Refused)))
		}
	}
	return nil
}

// everybody lets all callers call at once.
func (r *run) everybody(ctx context.Context) {
	var all sync.WaitGroup
	for i := range r.plan.clients {
		all.Go(func() {
			for _, s := range r.plan.clients[i].steps {
				if wait(ctx, s.pause) != nil {
					return
				}
				r.step(ctx, i, s)
			}
		})
	}
	all.Wait()
}

func (r *run) step(ctx context.Context, client int, s step) {
	if s.call.Method == model.Withdraw && r.nameOf(s.call.Request) == "" {
		s.call.Method = model.Find // there is no name to withdraw by
	}
	var t told
	for try := range s.tries {
		if try > 0 {
			r.repeats.Add(1)
		}
		t = r.call(ctx, pending{client, s.call}, (s.gateway+try)%r.Place.Gateways(), s.patience)
		if !t.again || ctx.Err() != nil {
			return
		}
	}
	if t.nothing && s.gives || s.call.Method == model.Find || s.call.Method == model.Read {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unanswered = append(r.unanswered, pending{client, s.call})
}

// patience with a ledger that has no faults any more.
const (
	patience    = 5 * time.Second
	allPatience = 30 * time.Second
	repeatEvery = 20 * time.Millisecond
)

// repeatUnanswered does what banks do: each client repeats its calls, one after the other and with the same id, until there is an
// answer.
func (r *run) repeatUnanswered(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, allPatience)
	defer cancel()
	of := make([][]pending, len(r.plan.clients))
	for _, p := range r.unanswered {
		of[p.client] = append(of[p.client], p)
	}
	var all sync.WaitGroup
	never := make([][]string, len(of))
	for i, calls := range of {
		all.Go(func() {
			for _, p := range calls {
				if name, ok := r.untilAnswered(ctx, p); !ok {
					never[i] = append(never[i], fmt.Sprintf("never answered: %s (%s)", p.call, name))
				}
			}
		})
	}
	all.Wait()
	return slices.Concat(never...)
}

func (r *run) untilAnswered(ctx context.Context, p pending) (last string, ok bool) {
	for n := 0; ; n++ {
		r.repeats.Add(1)
		t := r.call(ctx, p, n%r.Place.Gateways(), patience)
		if !t.again {
			return t.name, true
		}
		if wait(ctx, repeatEvery) != nil {
			return t.name, false
		}
	}
}

// wait waits, but not beyond the end of ctx.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
