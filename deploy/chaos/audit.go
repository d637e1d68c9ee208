package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/deploy/chaos/notary"
	"github.com/poruka/poruka/ledger"
)

// auditEvery is how many trials there are to one after which the log is waited for, which takes as long as a trial.
const auditEvery = 10

// openNotary makes the notary of the stage's log, which keeps what is seen over all runs of the tour.
func (t *tour) openNotary(ctx context.Context) error {
	if t.notary != nil {
		return nil
	}
	ring, origin, err := t.stage.Keys(ctx)
	if err != nil {
		return err
	}
	t.notary, err = notary.New(ring, origin, t.clock)
	return err
}

// watch looks at the checkpoints of all gateways until stop is called.
func (t *tour) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range t.stage.Gateways() {
		all.Go(func() {
			t.notary.Watch(ctx, func() grpc.ClientConnInterface { return t.stage.Conn(i, "operator") })
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// audit holds the log to what it promised in the trials since the last audit; whole: by all entries too. What it finds stays found,
// so the tour ends with it.
func (t *tour) audit(ctx context.Context, whole bool) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var found []string
	err := t.stage.Examine(ctx, func(store ledger.Engine) (err error) {
		found, err = t.notary.Check(ctx, store, whole)
		return err
	})
	if err != nil {
		return fmt.Errorf("the log: %w", err)
	}
	found = append(found, t.stage.Alarms()...)
	from := t.audited
	if whole {
		from = t.first
	}
	if len(found) > 0 {
		t.found++
		t.isBroken = true
		log, err := t.keepLog()
		if err != nil {
			return err
		}
		fmt.Fprintf(t.out, "\nthe log FAILED after seeds %d to %d\n  %s\n  log:     %s\n  repeat:  %s\n\n",
			from, t.seed-1, strings.Join(found, "\n  "), log, t.repeat(from, int(t.seed-from)))
	}
	return nil
}
