package portal_test

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
)

// The same on SQLite: what the ledger in memory forgives, indexes and constraints do not.
func TestPortalOnSQLite(t *testing.T) {
	b := newBench(t)
	store, err := embedded.Open(embedded.Config{Path: filepath.Join(t.TempDir(), "ledger.db"), Clock: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.Service = b.service(store, b.ring)

	if done := b.load(b.people(600)); done.Created != 600 {
		t.Errorf("imported %+v", done)
	}
	if done := b.load(b.people(600)); done.Unchanged != 600 {
		t.Errorf("again: %+v", done)
	}
	moved := func(n byte, snils string) portal.Put {
		return b.standard(n, func(r *portal.RawProfile) { r.Person.SNILS, r.PhoneVerified = snils, false })
	}
	b.must(moved(1, "112-233-445 95"))
	b.must(moved(2, "087-654-303 00"))
	b.fails(moved(3, "112-233-445 95"), fault.DuplicateSNILS)
	// One SNILS goes from hand to hand within one transaction.
	done, err := b.Import(t.Context(), batches([]portal.Row{
		row(1, moved(1, "086-754-303 00")), row(2, moved(2, "112-233-445 95")), row(3, moved(3, "087-654-303 00")),
	}, 3, io.EOF))
	if err != nil || done.Created != 1 || done.Updated != 2 {
		t.Errorf("handed on: %+v, %v", done, err)
	}
	view, err := b.Lookup(t.Context(), "112-233-445 95")
	if err != nil || view.Account.ID != id(2) || view.Account.Version != 2 {
		t.Errorf("found %+v, %v", view.Account.ID, err)
	}
	full, err := b.Get(t.Context(), id(2), true)
	if err != nil || full.Profile.SNILS.Digits() != "11223344595" {
		t.Errorf("full view: %v", err)
	}
	recorded, err := b.RecordConfirmation(t.Context(), portal.Record{Account: id(2), RequestID: request(1), Method: ledger.MethodESignature})
	if err != nil || recorded.Entry.Outcome != ledger.OutcomeConfirmed {
		t.Errorf("recorded %+v, %v", recorded, err)
	}
	list, _, err := b.ListConfirmations(t.Context(), id(2), 0, "")
	if err != nil || len(list) != 1 || list[0].ID != recorded.Entry.ID {
		t.Errorf("listed %+v, %v", list, err)
	}
}
