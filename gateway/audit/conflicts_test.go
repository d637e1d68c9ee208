package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
)

func TestConflictsAreFoundPageByPage(t *testing.T) {
	store := &ledgertest.Memory{}
	err := store.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error {
		for n := range 2500 {
			e := entry(n)
			switch n % 100 {
			case 7:
				e.Detail = fmt.Sprintf("conflict=DOCUMENT,NAME:bank-%d conflict=INN:other", n)
			case 8:
				e.Detail = "method=ListRecords head=0"
			}
			v.AddEntry(e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := audit.New(audit.Config{Ledger: store})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 4, 25, 1000} {
		var seen []audit.Contested
		for token, calls := "", 0; ; calls++ {
			page, next, err := s.Conflicts(context.Background(), time.Time{}, noon.Add(2400*time.Second), size, token)
			if err != nil || calls > 30 {
				t.Fatal(calls, err)
			}
			if size > 0 && len(page) > size {
				t.Errorf("a page of %d, asked for %d", len(page), size)
			}
			seen = append(seen, page...)
			if token = next; token == "" {
				break
			}
		}
		if len(seen) != 24 {
			t.Fatalf("pages of %d: %d conflicts, want 24", size, len(seen))
		}
		for i, c := range seen {
			want := ledger.PartnerID(fmt.Sprintf("bank-%d", 100*i+7))
			if c.Entry.ID != entry(100*i+7).ID || len(c.Conflicts) != 2 || c.Conflicts[0].With != want || len(c.Conflicts[0].Groups) != 2 {
				t.Errorf("pages of %d: %+v", size, c)
			}
		}
	}
	if _, _, err := s.Conflicts(t.Context(), noon, noon.Add(-time.Hour), 1, ""); err == nil {
		t.Error("a period that ends before it begins")
	}
}
