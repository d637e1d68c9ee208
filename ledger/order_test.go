package ledger_test

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func FuzzOrder(f *testing.F) {
	whole := ledger.Order{ID: ledger.OrderID{1, 15: 2}, Bank: "vtb", Until: time.UnixMicro(1_900_000_000_000_001).UTC()}
	f.Add(whole.Detail())
	for _, detail := range []string{
		"", "order=", whole.CancelDetail(), whole.Detail() + " ", "bank=vtb " + whole.Detail(),
		"order=00000000-0000-8000-8000-000000000000 bank= until=2026-11-22T09:00:00.000000Z",
		"order={00000000-0000-8000-8000-000000000000} bank=vtb until=2026-11-22T09:00:00.000000Z",
		"order=00000000-0000-8000-8000-000000000000 bank=vtb until=2026-11-22T09:00:00Z",
	} {
		if o, err := ledger.ParseOrder(detail); err == nil {
			f.Errorf("%q is read as %+v", detail, o)
		}
		f.Add(detail)
	}
	if o, err := ledger.ParseOrder(whole.Detail()); err != nil || o != whole {
		f.Errorf("%q is read as %+v, %v", whole.Detail(), o, err)
	}
	f.Fuzz(func(t *testing.T, detail string) {
		if o, err := ledger.ParseOrder(detail); err == nil && o.Detail() != detail {
			t.Errorf("%q came back as %q", detail, o.Detail())
		}
	})
}
