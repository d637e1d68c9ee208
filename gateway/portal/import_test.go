package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
)

// batches gives rows in batches of size, then err.
func batches(rows []portal.Row, size int, err error) func() ([]portal.Row, error) {
	return func() ([]portal.Row, error) {
		if len(rows) == 0 {
			return nil, err
		}
		n := min(size, len(rows))
		batch := rows[:n]
		rows = rows[n:]
		return batch, nil
	}
}

// row reads as p.
func row(n int64, p portal.Put) portal.Row {
	return portal.Row{Number: n, Read: func() (portal.Put, error) { return p, nil }}
}

// people makes n accounts with SNILS and phones of their own.
func (b *bench) people(n int) []portal.Row {
	b.t.Helper()
	rows := make([]portal.Row, n)
	for i := range rows {
		rows[i] = portal.Row{Number: int64(i + 1), Read: func() (portal.Put, error) {
			r := raw()
			r.Person.SNILS, r.Person.MobilePhone = snils(i), fmt.Sprintf("+7916%07d", i)
			p, err := b.ParseProfile(r)
			return portal.Put{ID: ledger.AccountID{byte(i >> 8), byte(i), 1}, Level: ledger.LevelStandard, Profile: p}, err
		}}
	}
	return rows
}

// snils makes a valid number.
func snils(i int) string {
	nine := fmt.Sprintf("%09d", 100_000_000+i*7)
	sum := 0
	for at, digit := range nine {
		sum += int(digit-'0') * (9 - at)
	}
	return fmt.Sprintf("%s%02d", nine, sum%101%100)
}

func (b *bench) load(rows []portal.Row) portal.Imported {
	b.t.Helper()
	done, err := b.Import(context.Background(), batches(rows, 100, io.EOF))
	if err != nil {
		b.t.Fatal(err, fault.Of(err).Unwrap())
	}
	return done
}

func TestImportPutsAllInFewTransactions(t *testing.T) {
	b := newBench(t)
	if done := b.load(b.people(1000)); done.Created != 1000 || done.Rejected != 0 {
		t.Errorf("imported %+v", done)
	}
	if n := b.store.Transactions(); n > 20 {
		t.Errorf("%d transactions for 1000 rows", n)
	}
	before := b.store.Transactions()
	if done := b.load(b.people(1000)); done.Unchanged != 1000 || b.store.Transactions() != before {
		t.Errorf("the repeat: %+v, %d transactions", done, b.store.Transactions()-before)
	}
	status, err := b.store.Status(t.Context())
	if err != nil || status.Accounts != 1000 {
		t.Errorf("%d accounts, %v", status.Accounts, err)
	}
}

func TestImportReportsBadRowsAndGoesOn(t *testing.T) {
	b := newBench(t)
	rows := b.people(300)
	bad := func(n int64, read func() (portal.Put, error)) { rows[n-1].Read = read }
	flawed := fault.InvalidFields(fault.Violation{Field: "profile.person.snils", Reason: fault.SNILSChecksum, Text: "check digits"})
	bad(3, func() (portal.Put, error) { return portal.Put{}, flawed })
	bad(50, rows[49-1].Read) // the same account twice: the last one wins, nothing changes
	duplicate := rows[60-1].Read
	bad(61, func() (portal.Put, error) {
		p, err := duplicate()
		p.ID[5] = 1
		return p, err
	})
	bad(70, func() (portal.Put, error) { panic("Кузнецова") })
	change := func(n int64, change func(*portal.Put)) {
		read := rows[n-1].Read
		bad(n, func() (portal.Put, error) {
			p, err := read()
			change(&p)
			return p, err
		})
	}
	change(80, func(p *portal.Put) { p.ExpectedVersion = 1 })
	change(90, func(p *portal.Put) { p.AllowDecrease = true })
	change(100, func(p *portal.Put) { p.Level = ledger.LevelErased })
	change(110, func(p *portal.Put) { p.Profile.SNILS = b.profile(portal.RawProfile{Person: maria()}).SNILS }) // fine
	done := b.load(rows)
	want := []portal.Reject{
		{Row: 3, Field: "profile.person.snils", Reason: fault.SNILSChecksum, Text: "check digits"},
		{Row: 61, Reason: fault.DuplicateSNILS},
		{Row: 70, Reason: fault.Defect},
		{Row: 80, Field: "expectedVersion", Reason: fault.FieldFormat, Text: "has no place in an import"},
		{Row: 90, Field: "allowLevelDecrease", Reason: fault.FieldFormat, Text: "has no place in an import"},
		{Row: 100, Field: "level", Reason: fault.FieldFormat, Text: "must not be ERASED"},
	}
	if done.Created != 293 || done.Unchanged != 1 || done.Rejected != 6 || fmt.Sprint(done.Rejects) != fmt.Sprint(want) {
		t.Errorf("imported %+v", done)
	}
}

func TestImportNamesTheFirstThousandRejects(t *testing.T) {
	b := newBench(t)
	rows := make([]portal.Row, 1500)
	for i := range rows {
		rows[i] = portal.Row{Number: int64(i + 1), Read: func() (portal.Put, error) { return portal.Put{}, errors.New("bad") }}
	}
	done := b.load(rows)
	if done.Rejected != 1500 || len(done.Rejects) != portal.MaxRejects || done.Rejects[999].Row != 1000 {
		t.Errorf("%d rejected, %d named", done.Rejected, len(done.Rejects))
	}
}

func TestImportNeverLowersALevel(t *testing.T) {
	b := newBench(t)
	b.must(b.standard(1))
	b.change(1, confirmedByBank)
	held := b.account(1)
	if done := b.load([]portal.Row{row(1, b.standard(1))}); done.Unchanged != 1 || done.LevelsKept != 1 {
		t.Errorf("the same data: %+v", done)
	}
	if a := b.account(1); a.Version != held.Version || a.Level != ledger.LevelConfirmed {
		t.Errorf("the account is %+v", a)
	}
	done := b.load([]portal.Row{row(1, b.standard(1, func(r *portal.RawProfile) { r.Person.Email = "" }))})
	if done.Updated != 1 || done.LevelsKept != 1 {
		t.Errorf("other data: %+v", done)
	}
	a := b.account(1)
	if a.Level != ledger.LevelConfirmed || a.Method != ledger.MethodBank || a.ConfirmedBy != "vtb" || a.Confirmation != held.Confirmation {
		t.Errorf("the account is %+v", a)
	}
	other := b.standard(1)
	other.Level, other.Method = ledger.LevelConfirmed, ledger.MethodPostalCode
	if done := b.load([]portal.Row{row(1, other)}); done.Updated != 1 || done.LevelsKept != 0 {
		t.Errorf("confirmed in another way: %+v", done)
	}
	if a := b.account(1); a.Method != ledger.MethodBank || a.Confirmation != held.Confirmation {
		t.Errorf("an import took a bank's confirmation away: %+v", a)
	}
	// A row that lacks what the kept level requires is refused.
	poor := b.standard(1, func(r *portal.RawProfile) { r.Person.SNILS = "" })
	poor.Level = ledger.LevelSimplified
	if done := b.load([]portal.Row{row(1, poor)}); done.Rejected != 1 || done.Rejects[0].Field != "profile.person.snils" {
		t.Errorf("a row without SNILS: %+v", done)
	}
}

func TestImportRaises(t *testing.T) {
	b := newBench(t)
	simple := b.standard(1)
	simple.Level = ledger.LevelSimplified
	b.must(simple)
	if done := b.load([]portal.Row{row(1, b.standard(1))}); done.Updated != 1 || b.account(1).Level != ledger.LevelStandard {
		t.Errorf("imported %+v", done)
	}
}

func TestImportInOrder(t *testing.T) {
	b := newBench(t)
	var rows []portal.Row
	for n := range 600 {
		rows = append(rows, row(int64(n+1), b.standard(1, func(r *portal.RawProfile) { r.Person.Email = fmt.Sprintf("m%d@example.org", n) })))
	}
	if done := b.load(rows); done.Created != 1 || done.Updated != 599 {
		t.Errorf("imported %+v", done)
	}
	view, err := b.Get(t.Context(), id(1), true)
	if err != nil || view.Profile.Email.Address() != "m599@example.org" || view.Account.Version != 600 {
		t.Errorf("the last row does not stand: version %d, %v", view.Account.Version, err)
	}
}

func TestImportHuntsDownTheRowThatBreaksATransaction(t *testing.T) {
	b := newBench(t)
	b.store.Fault = func(w ledger.Writes) error {
		for _, a := range w.Created {
			if a.ID == (ledger.AccountID{0, 76, 1}) {
				return errors.New("this row breaks the store")
			}
		}
		return nil
	}
	done := b.load(b.people(300))
	if done.Created != 299 || done.Rejected != 1 || done.Rejects[0].Row != 77 || done.Rejects[0].Reason != fault.Defect {
		t.Errorf("imported %+v", done)
	}
}

func TestImportThatBreaksOffKeepsWhatWasPut(t *testing.T) {
	b := newBench(t)
	broken := fault.New(fault.Cancelled, fault.CallerGaveUp)
	done, err := b.Import(t.Context(), batches(b.people(500), 100, broken))
	if !errors.Is(err, broken) || done.Created != 500 {
		t.Errorf("imported %+v, %v", done, err)
	}
	if done := b.load(b.people(600)); done.Created != 100 || done.Unchanged != 500 {
		t.Errorf("resumed: %+v", done)
	}
	b.store.Fault = func(ledger.Writes) error { return ledger.ErrUnavailable }
	waiting := make(chan struct{})
	defer close(waiting)
	rows := batches(b.people(700)[600:], 10, nil)
	done, err = b.Import(t.Context(), func() ([]portal.Row, error) {
		if batch, _ := rows(); len(batch) > 0 {
			return batch, nil
		}
		<-waiting // a stream on which nothing comes
		return nil, io.EOF
	})
	if fault.Of(err).Reason != fault.LedgerUnavailable || done.Created != 0 {
		t.Errorf("without a ledger: %+v, %v", done, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Import(ctx, batches(nil, 1, io.EOF)); fault.Of(err).Reason != fault.CallerGaveUp {
		t.Errorf("given up: %v", err)
	}
}

func TestImportsAreFew(t *testing.T) {
	b := newBench(t)
	entered, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, portal.DefaultImports)
	for range portal.DefaultImports {
		go func() {
			_, err := b.Import(context.Background(), func() ([]portal.Row, error) {
				entered <- struct{}{}
				<-release
				return nil, io.EOF
			})
			done <- err
		}()
	}
	for range portal.DefaultImports {
		<-entered
	}
	if _, err := b.Import(t.Context(), batches(nil, 1, io.EOF)); fault.Of(err).Reason != fault.Overloaded {
		t.Errorf("one too many: %v", err)
	}
	close(release)
	for range portal.DefaultImports {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	b.load(nil)
}
