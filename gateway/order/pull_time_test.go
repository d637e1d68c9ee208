package order_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/order"
	"github.com/poruka/poruka/partners/style"
)

// TestPace polls an order as fast as it can: the bank is asked every two seconds, and in between its last answer is told.
func TestPace(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "vtb")
	b.says(style.Request{}, &order.Unreachable{RetryAfter: 10 * time.Second})
	for i := range 100 {
		got := b.get(o.ID)
		if want := 10*time.Second - time.Duration(i%20)*100*time.Millisecond; !got.NotChecked || got.RetryAfter != want {
			t.Fatalf("at %d: %+v", i, got)
		}
		if want := i/20 + 1; b.puller.called() != want {
			t.Fatalf("at %d: %d calls, want %d", i, b.puller.called(), want)
		}
		b.clock.add(100 * time.Millisecond)
	}
}

// TestPollStorm asks for one order from everywhere while the bank takes its time: one call, and nobody waits for it but its caller.
func TestPollStorm(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "vtb")
	entered, release := make(chan struct{}), make(chan struct{})
	in := b.pulled(o.ID.String(), maria())
	b.puller.answers(func(context.Context, string) (style.Request, error) {
		close(entered)
		<-release
		return in, nil
	})
	first := make(chan order.Order, 1)
	go func() { first <- b.get(o.ID) }()
	<-entered
	var all sync.WaitGroup
	for i := range 200 {
		if i == 100 {
			b.clock.add(time.Minute) // however long it takes
		}
		all.Go(func() {
			if got := b.get(o.ID); got.State != order.Pending {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
	close(release)
	if got := <-first; got.State != order.Decided || b.puller.called() != 1 {
		t.Errorf("%+v after %d calls", got, b.puller.called())
	}
}

// TestTimeIsLeftToAnswer pulls from a bank that never answers: the caller gets the order within its deadline.
func TestTimeIsLeftToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		o := b.create(b.put(1, maria()), "vtb")
		b.puller.answers(func(ctx context.Context, _ string) (style.Request, error) {
			<-ctx.Done()
			return style.Request{}, ctx.Err()
		})
		for patience, want := range map[time.Duration]time.Duration{3 * time.Second: 2 * time.Second, 0: 10 * time.Second, time.Hour: 10 * time.Second} {
			b.clock.add(2 * time.Second)
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if patience > 0 {
				ctx, cancel = context.WithTimeout(ctx, patience)
			}
			begun := time.Now()
			got, err := b.Get(ctx, o.ID)
			if err != nil || !got.NotChecked || time.Since(begun) != want {
				t.Errorf("with %v: %+v, %v after %v", patience, got, err, time.Since(begun))
			}
			cancel()
		}
		b.clock.add(2 * time.Second)
		calls := b.puller.called()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := b.Get(ctx, o.ID); err != nil || got.State != order.Pending || b.puller.called() != calls {
			t.Errorf("with too little time: %+v, %v", got, err)
		}
		b.closeCommitters()
	})
}

// A caller that goes away is no failure of the bank, and the next may ask.
func TestTheCallerGoesAway(t *testing.T) {
	b := newBench(t)
	o := b.create(b.put(1, maria()), "vtb")
	ctx, cancel := context.WithCancel(t.Context())
	b.puller.answers(func(ctx context.Context, _ string) (style.Request, error) {
		cancel()
		return style.Request{}, ctx.Err()
	})
	_, err := b.Get(ctx, o.ID)
	refused(t, err, fault.CallerGaveUp)
	b.says(style.Request{}, order.ErrWaiting)
	b.clock.add(2 * time.Second)
	if got := b.get(o.ID); got.Progress != order.WaitingForCustomer || len(b.failed) != 0 {
		t.Errorf("%+v, told %v", got, b.failed)
	}
}
