package rpc

import (
	"context"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger"
)

// A caller who takes a page record by record, a second for each, and is revoked meanwhile gets what was sent until the next look at it.
func TestASlowWatcherIsRevoked(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	told := 0
	w := watch{checked: now, cfg: Config{
		Clock: func() time.Time { return now }, Receipt: func(ledger.Entry) string { return "" },
		Recheck: func(context.Context) error { return fault.New(fault.Unauthenticated, fault.CertificateRevoked) },
	}, send: func(*porukav1.WatchConfirmationsResponse) error {
		told++
		now = now.Add(time.Second)
		return nil
	}}
	records := make([]notify.Recorded, 256)
	for i := range records {
		records[i] = notify.Recorded{Position: int64(i), Entry: ledger.Entry{Kind: ledger.KindErasure, Partner: ledger.PortalID}}
	}
	err := w.tellAll(t.Context(), records)
	if fault.Of(err).Reason != fault.CertificateRevoked || told != int(recheckEvery/time.Second) {
		t.Errorf("%d records were told; then %v", told, err)
	}
}
