package banks_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/banks"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func day(year int, month time.Month, day int) person.Date {
	date, _ := person.NewDate(year, month, day)
	return date
}

// roster is a directory of two banks: one open-ended, one whose agreement is over.
type roster struct{}

func (roster) All() []partners.Partner {
	return []partners.Partner{
		{ID: "sberbank", ValidFrom: day(1999, 1, 1)},
		{ID: "vtb", ValidFrom: day(1999, 1, 1), ValidUntil: day(1999, 12, 31)},
	}
}

func (r roster) Find(id partners.ID) (partners.Partner, bool) {
	for _, p := range r.All() {
		if p.ID == id {
			return p, true
		}
	}
	return partners.Partner{}, false
}

// store is a ledger whose suspensions can be made unreadable.
type store struct {
	ledgertest.Memory
	broken atomic.Bool
}

func (s *store) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	if s.broken.Load() {
		return nil, ledger.ErrUnavailable
	}
	return s.Memory.Suspensions(ctx)
}

func open(t *testing.T, s ledger.Suspender) *banks.Service {
	t.Helper()
	service, err := banks.New(banks.Config{Directory: roster{}, Suspender: s, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func reason(err error) fault.Reason {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

func TestCheckBeforeTheFirstReadingFailsClosed(t *testing.T) {
	service := open(t, &store{})
	if _, err := service.Check("sberbank"); reason(err) != fault.LedgerUnavailable {
		t.Errorf("error %v, want LEDGER_UNAVAILABLE", err)
	}
	if _, known := service.Age(); known {
		t.Error("an age without a reading")
	}
}

func TestCheck(t *testing.T) {
	service := open(t, &store{})
	if err := service.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[partners.ID]fault.Reason{"sberbank": "", "vtb": fault.PartnerInactive, "nobody": fault.PartnerInactive, "": fault.PartnerInactive} {
		p, err := service.Check(id)
		if reason(err) != want {
			t.Errorf("bank %q: error %v, want %q", id, err, want)
		}
		if (p.ID == id) != (want == "") && id != "" {
			t.Errorf("bank %q: got %q", id, p.ID)
		}
	}
}

func TestSuspendHoldsAtOnceHereAndWithinFiveSecondsElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &store{}
		here, elsewhere := open(t, ledger), open(t, ledger)
		ctx, cancel := context.WithCancel(t.Context())
		for _, s := range []*banks.Service{here, elsewhere} {
			if err := s.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
			go func() { _ = s.Run(ctx) }()
		}
		bank, err := here.Suspend(ctx, "sberbank", "poruka://t/operator", "a drill")
		if err != nil || bank.State != banks.Suspended || bank.Note != "a drill" || bank.SuspendAt.IsZero() {
			t.Fatalf("bank %+v, %v", bank, err)
		}
		if _, err := here.Check("sberbank"); reason(err) != fault.PartnerInactive {
			t.Errorf("here: error %v, want PARTNER_INACTIVE", err)
		}
		time.Sleep(5 * time.Second) // of the bubble
		if _, err := elsewhere.Check("sberbank"); reason(err) != fault.PartnerInactive {
			t.Errorf("elsewhere: error %v, want PARTNER_INACTIVE", err)
		}
		if bank, err = here.Resume(ctx, "sberbank"); err != nil || bank.State != banks.Active || !bank.SuspendAt.IsZero() {
			t.Fatalf("bank %+v, %v", bank, err)
		}
		time.Sleep(5 * time.Second)
		if _, err := elsewhere.Check("sberbank"); err != nil {
			t.Errorf("elsewhere: error %v after the bank was resumed", err)
		}
		cancel()
		synctest.Wait()
	})
}

func TestUnreadableSuspensionsFailClosedAndRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &store{}
		service := open(t, ledger)
		ctx, cancel := context.WithCancel(t.Context())
		if err := service.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		go func() { _ = service.Run(ctx) }()
		time.Sleep(time.Minute)
		ledger.broken.Store(true)
		if _, err := service.Check("sberbank"); err != nil {
			t.Errorf("error %v while the last reading is young", err)
		}
		time.Sleep(6 * time.Second)
		if _, err := service.Check("sberbank"); reason(err) != fault.LedgerUnavailable {
			t.Errorf("error %v, want LEDGER_UNAVAILABLE", err)
		}
		ledger.broken.Store(false)
		time.Sleep(3 * time.Second)
		if _, err := service.Check("sberbank"); err != nil {
			t.Errorf("error %v after the ledger came back", err)
		}
		cancel()
		synctest.Wait()
	})
}

// stuck is a ledger that does not answer.
type stuck struct{ ledgertest.Memory }

func (*stuck) Suspensions(ctx context.Context) ([]ledger.Suspension, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestRefreshGivesUpOnALedgerThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := open(t, &stuck{}).Refresh(t.Context()); reason(err) != fault.LedgerUnavailable {
			t.Errorf("error %v, want LEDGER_UNAVAILABLE", err)
		}
	})
}

func TestList(t *testing.T) {
	ledger := &store{}
	service := open(t, ledger)
	if _, err := service.Suspend(t.Context(), "vtb", "poruka://t/operator", "over"); err != nil {
		t.Fatal(err)
	}
	list, err := service.List(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%d banks, %v", len(list), err)
	}
	if list[0].State != banks.Active || list[1].State != banks.Suspended {
		t.Errorf("states %v, %v; want active, suspended", list[0].State, list[1].State)
	}
	if bank, err := service.Resume(t.Context(), "vtb"); err != nil || bank.State != banks.OutsideDates {
		t.Errorf("bank %+v, %v; want outside dates", bank, err)
	}
	ledger.broken.Store(true)
	if _, err := service.List(t.Context()); reason(err) != fault.LedgerUnavailable {
		t.Errorf("error %v, want LEDGER_UNAVAILABLE", err)
	}
	if _, err := service.Suspend(t.Context(), "sberbank", "", ""); reason(err) != fault.LedgerUnavailable {
		t.Errorf("suspend that cannot be read back: error %v, want LEDGER_UNAVAILABLE", err)
	}
}

func TestUnknownBankCannotBeSuspended(t *testing.T) {
	service := open(t, &store{})
	if _, err := service.Suspend(t.Context(), "nobody", "", ""); reason(err) != fault.PartnerNotFound {
		t.Errorf("suspend: error %v, want PARTNER_NOT_FOUND", err)
	}
	if _, err := service.Resume(t.Context(), "nobody"); reason(err) != fault.PartnerNotFound {
		t.Errorf("resume: error %v, want PARTNER_NOT_FOUND", err)
	}
}

func TestConfig(t *testing.T) {
	good := banks.Config{Directory: roster{}, Suspender: &store{}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
	for name, spoil := range map[string]func(*banks.Config){
		"no directory":     func(c *banks.Config) { c.Directory = nil },
		"no suspender":     func(c *banks.Config) { c.Suspender = nil },
		"no clock":         func(c *banks.Config) { c.Clock = nil },
		"no logger":        func(c *banks.Config) { c.Logger = nil },
		"too old":          func(c *banks.Config) { c.MaxAge = 6 * time.Second },
		"never fresh":      func(c *banks.Config) { c.Every = 5 * time.Second },
		"negative":         func(c *banks.Config) { c.Every = -1 },
		"negative max age": func(c *banks.Config) { c.MaxAge = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := banks.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := banks.New(good); err != nil {
		t.Error(errors.Unwrap(err), err)
	}
}
