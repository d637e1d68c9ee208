package banks_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/signature"
)

// Every bank gives the data of an order, in its own dialect, once its customer has agreed.
func TestOrders(t *testing.T) {
	w := newWorld(t)
	claim := magic.All()[0].Claim
	for _, id := range ids() {
		order, refused := uuid.NewString(), uuid.NewString()
		if _, err := w.pull(id, order); !errors.Is(err, bank.ErrWaiting) {
			t.Errorf("%s: before: %v", id, err)
		}
		w.must(w.banks[id].AgreeBySNILS(order, claim.SNILS))
		w.must(w.banks[id].Refuse(refused))
		for range 2 {
			got, err := w.pull(id, order)
			if err != nil || got.ID != order || got.Person.FamilyName != claim.FamilyName || !got.ConsentGiven || !got.AccountActive || !got.PhoneBound {
				t.Errorf("%s: %v, %v", id, got.ID, err)
			}
			if age := time.Since(got.AuthenticatedAt); age < -time.Second || age > time.Minute {
				t.Errorf("%s: the customer signed in %v ago", id, age)
			}
		}
		if _, err := w.pull(id, refused); !errors.Is(err, bank.ErrRefused) {
			t.Errorf("%s: refused: %v", id, err)
		}
		w.banks[id].ForgetTokens()
		if _, err := w.pull(id, order); err != nil {
			t.Errorf("%s: with new tokens: %v", id, err)
		}
	}
}

func TestAPersonWhoseDataAreNeverToBeHad(t *testing.T) {
	w := newWorld(t)
	for _, p := range magic.All() {
		if !p.Pulled {
			continue
		}
		order := uuid.NewString()
		w.must(w.banks["vtb"].AgreeBySNILS(order, p.SNILS))
		if _, err := w.pull("vtb", order); bank.CauseOf(err) != bank.ServerError {
			t.Errorf("%s: %v", p.SNILS, err)
		}
	}
}

func TestAgreeing(t *testing.T) {
	w := newWorld(t)
	b, order := w.banks["vtb"], uuid.NewString()
	if err := b.AgreeBySNILS(order, "112-233-445 95"); !errors.Is(err, banks.ErrUnknown) {
		t.Errorf("a stranger: %v", err)
	}
	if err := b.AgreeBySNILS(order, "112-233-445 96"); err == nil {
		t.Error("a malformed SNILS was taken")
	}
	for _, malformed := range []string{"", "7", strings.ReplaceAll(order, "-", ""), order + "/.."} {
		if err := b.Refuse(malformed); !errors.Is(err, banks.ErrOrder) {
			t.Errorf("order %q: %v", malformed, err)
		}
	}
	w.must(b.AgreeBySNILS(strings.ToUpper(order), magic.All()[0].SNILS))
	if _, err := w.pull("vtb", order); err != nil {
		t.Errorf("named in capitals: %v", err)
	}
}

// fails pulls an order and expects a cause.
func (w *world) fails(id partners.ID, order string, want bank.Cause) {
	w.Helper()
	if _, err := w.pull(id, order); bank.CauseOf(err) != want {
		w.Errorf("%s: %v, want %s", id, err, want)
	}
}

func (w *world) misbehave(id partners.ID, f banks.Fault) {
	w.Helper()
	w.must(w.banks[id].Misbehave(f))
}

// Each fault is seen by a gateway's own client, as often as was asked, and then it is over.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	claim := magic.All()[0]
	for _, id := range ids() {
		t.Run(string(id), func(t *testing.T) {
			order := uuid.NewString()
			w.must(w.banks[id].AgreeBySNILS(order, claim.SNILS))
			good := func() {
				t.Helper()
				if got, err := w.pull(id, order); err != nil || got.ID != order {
					t.Errorf("%v, %v", got.ID, err)
				}
			}
			good()

			w.misbehave(id, banks.Fault{Kind: banks.ServerError, On: "orders"})
			w.fails(id, order, bank.ServerError)
			w.banks[id].Behave()
			good()

			w.misbehave(id, banks.Fault{Kind: banks.WrongCertificate})
			for try := 1; ; try++ { // the connections that there were have broken; the next sees it
				if _, err := w.pull(id, order); bank.CauseOf(err) != bank.Refused || try == 10 {
					break
				}
			}
			w.fails(id, order, bank.Certificate)
			w.banks[id].Behave()
			good()

			w.misbehave(id, banks.Fault{Kind: banks.Slow, Count: 1, Delay: 30 * time.Millisecond, On: "orders"})
			began := time.Now()
			if good(); time.Since(began) < 30*time.Millisecond {
				t.Error("it was not slow")
			}

			w.misbehave(id, banks.Fault{Kind: banks.Stale, Count: 1})
			if got, err := w.pull(id, order); err != nil || time.Since(got.AuthenticatedAt) < 23*time.Hour {
				t.Errorf("stale: signed in at %v, %v", got.AuthenticatedAt, err)
			}

			other := uuid.NewString()
			w.must(w.banks[id].AgreeBySNILS(other, claim.SNILS))
			w.misbehave(id, banks.Fault{Kind: banks.Duplicate, Count: 1})
			if got, err := w.pull(id, other); err != nil || got.ID != order {
				t.Errorf("duplicate: data of %v, %v", got.ID, err)
			}
			good()
		})
	}
}

func TestBadSignature(t *testing.T) {
	w := newWorld(t)
	for _, id := range ids() {
		order := uuid.NewString()
		w.must(w.banks[id].AgreeBySNILS(order, magic.All()[0].SNILS))
		err := w.banks[id].Misbehave(banks.Fault{Kind: banks.BadSignature, Count: 1})
		if id == "tinkoff" {
			if err == nil {
				t.Error("a bank without signatures has a bad one")
			}
			continue
		}
		w.must(err)
		_, err = w.pull(id, order)
		var failed *signature.Error
		if !errors.As(err, &failed) || failed.Step != signature.DigestDiffers {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := w.pull(id, order); err != nil {
			t.Errorf("%s: afterwards: %v", id, err)
		}
	}
}

func TestHang(t *testing.T) {
	w := newWorld(t)
	w.misbehave("vtb", banks.Fault{Kind: banks.Hang, Count: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := w.clients.PullOrder(ctx, w.partner("vtb"), uuid.NewString())
		done <- err
	}()
	w.taken("vtb")
	cancel()
	if err := <-done; bank.CauseOf(err) != bank.GivenUp {
		t.Errorf("error %v", err)
	}
	w.observed("vtb", 0, banks.Hang)
}

func TestOutOfOrder(t *testing.T) {
	w := newWorld(t)
	w.misbehave("vtb", banks.Fault{Kind: banks.OutOfOrder, Count: 1, Delay: time.Hour})
	answered := make(chan string, 2)
	pull := func(name string) {
		if _, err := w.pull("vtb", uuid.NewString()); !errors.Is(err, bank.ErrWaiting) {
			t.Errorf("%s: %v", name, err)
		}
		answered <- name
	}
	go pull("first")
	w.taken("vtb")
	pull("second")
	for range 2 { // the first waited for the second: an hour is longer than its patience
		<-answered
	}
}

func TestFaultsEndInTime(t *testing.T) {
	w := newWorld(t)
	w.misbehave("vtb", banks.Fault{Kind: banks.ServerError, Until: time.Now().Add(-time.Second)})
	if _, err := w.pull("vtb", uuid.NewString()); !errors.Is(err, bank.ErrWaiting) {
		t.Errorf("error %v", err)
	}
	for _, f := range []banks.Fault{
		{Kind: "loud"}, {Kind: banks.Stale, On: "events"}, {Kind: banks.Slow, On: "moon"}, {Kind: banks.Slow, Count: -1}, {Kind: banks.Slow, Delay: -1},
	} {
		if err := w.banks["vtb"].Misbehave(f); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	w.observed("vtb", http.StatusNotFound, "")
}
