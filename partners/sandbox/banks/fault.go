package banks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is a way to misbehave.
type Kind string

// Kinds of faults.
const (
	Slow             Kind = "slow"              // answers after a delay
	Hang             Kind = "hang"              // never answers
	ServerError      Kind = "500"               // answers with status 500
	WrongCertificate Kind = "wrong-certificate" // shows a certificate of an authority that nobody knows
	BadSignature     Kind = "bad-signature"     // the data of an order are signed, but the signature is of other bytes
	Stale            Kind = "stale"             // the data of an order are those of yesterday
	Duplicate        Kind = "duplicate"         // the data of the order before are sent once more; an event is taken, and its answer lost
	OutOfOrder       Kind = "out-of-order"      // answers only after the next call has been answered, or after a delay
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Slow, Hang, ServerError, WrongCertificate, BadSignature, Stale, Duplicate, OutOfOrder}
}

// Fault is an order to misbehave.
type Fault struct {
	Kind  Kind
	Count int           // calls that suffer it; connections, of WrongCertificate. 0: no bound
	Until time.Time     // when it is over; zero: no end
	Delay time.Duration // of Slow and OutOfOrder; 0: 2 s
	On    string        // token, orders or events; empty: wherever it makes sense
}

// defaultDelay is how long a slow bank takes: short of the usual timeout of an endpoint, longer than anybody likes.
const defaultDelay = 2 * time.Second

// place is where a fault may strike.
type place string

const (
	onConnect place = "connect"
	onToken   place = "token"
	onOrders  place = "orders"
	onEvents  place = "events"
)

// strikes are the places in which a kind makes sense.
var strikes = map[Kind][]place{
	Slow: {onToken, onOrders, onEvents}, Hang: {onToken, onOrders, onEvents}, ServerError: {onToken, onOrders, onEvents},
	WrongCertificate: {onConnect}, BadSignature: {onOrders}, Stale: {onOrders},
	Duplicate: {onOrders, onEvents}, OutOfOrder: {onOrders, onEvents},
}

var errNoSignature = errors.New("banks: the bank's dialect has no signature that could be bad")

// check refuses a fault that could never strike.
func (f Fault) check() error {
	places, known := strikes[f.Kind]
	switch {
	case !known:
		return fmt.Errorf("banks: no fault %q; there are %s", f.Kind, list(Kinds()))
	case f.On != "" && !slices.Contains(places, place(f.On)):
		return fmt.Errorf("banks: %s happens on %s, not on %q", f.Kind, list(places), f.On)
	case f.Count < 0 || f.Delay < 0:
		return errors.New("banks: a count or a delay is negative")
	}
	return nil
}

func list[T ~string](names []T) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}

// faults are those in force. Earlier ones come first.
type faults struct {
	mutex sync.Mutex
	list  []Fault
}

// take finds the fault that strikes now and counts it; the zero Fault when there is none.
func (f *faults) take(on place, now time.Time) Fault {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.list = slices.DeleteFunc(f.list, func(one Fault) bool { return !one.Until.IsZero() && !now.Before(one.Until) })
	for i, one := range f.list {
		if !slices.Contains(strikes[one.Kind], on) || (one.On != "" && one.On != string(on)) {
			continue
		}
		if one.Count == 1 {
			f.list = slices.Delete(f.list, i, i+1)
		} else if one.Count > 1 {
			f.list[i].Count--
		}
		return one
	}
	return Fault{}
}

// Misbehave puts a fault into force, beside those that are.
func (b *Bank) Misbehave(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Kind == BadSignature && b.cfg.Signer == nil {
		return errNoSignature
	}
	b.faults.mutex.Lock()
	b.faults.list = append(b.faults.list, f)
	b.faults.mutex.Unlock()
	if f.Kind == WrongCertificate {
		b.conns.closeAll() // who is connected has seen the right one
	}
	return nil
}

// Behave ends all faults.
func (b *Bank) Behave() {
	b.faults.mutex.Lock()
	defer b.faults.mutex.Unlock()
	b.faults.list = nil
}

// Faults lists the faults in force.
func (b *Bank) Faults() []Fault {
	b.faults.mutex.Lock()
	defer b.faults.mutex.Unlock()
	return slices.Clone(b.faults.list)
}

// suffer waits as a fault wants; false: there is no answer to give any more. next is closed when the next call has been answered.
func (b *Bank) suffer(ctx context.Context, f Fault, next <-chan struct{}) bool {
	switch f.Kind {
	case Hang:
		<-ctx.Done()
		return false
	case OutOfOrder:
	case Slow:
		next = nil // it waits for nobody
	default:
		return true
	}
	if f.Delay == 0 {
		f.Delay = defaultDelay
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-next:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}
