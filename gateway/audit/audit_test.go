package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

// entry makes an entry that differs with n in everything a filter looks at.
func entry(n int) ledger.Entry {
	e := ledger.Entry{
		ID: ledger.EntryID{byte(n >> 8), byte(n), 0x80, byte(n >> 16)}, Kind: ledger.KindConfirmation, Partner: []ledger.PartnerID{"sberbank", "vtb"}[n%2],
		Account: ledger.AccountID{9, byte(n)}, Outcome: ledger.Outcome(1 + n%3), Before: ledger.LevelStandard, After: ledger.LevelConfirmed,
		Method: ledger.MethodBank, Policy: "match/1", Style: "native", Serial: "0af3", Means: ledger.AuthenticatedBySMS,
		AuthedAt: noon.Add(-time.Minute), DecidedAt: noon.Add(time.Duration(n) * time.Second), DryRun: n%5 == 0, Encoding: ledger.EncodingVersion,
	}
	if n%3 != 0 {
		e.Reasons = []ledger.Reason{ledger.ReasonNameClose, ledger.ReasonDocumentClose}
		e.Fields = []ledger.FieldResult{{Field: ledger.FieldSNILS, Comparison: ledger.Exact}, {Field: ledger.FieldFamilyName, Comparison: ledger.Close}, {Field: ledger.FieldINN}}
	}
	return e
}

// record stores entries as a gateway does, in one group.
func record(t testing.TB, store ledger.Transactor, from, to int) {
	t.Helper()
	entries := make([]ledger.Entry, 0, to-from)
	for n := from; n < to; n++ {
		entries = append(entries, entry(n))
	}
	put(t, store, entries...)
}

func put(t testing.TB, store ledger.Transactor, entries ...ledger.Entry) {
	t.Helper()
	tlogtest.Put(t, ring(), store, nil, entries...)
}

// open makes a service, and puts into the log what is there.
func open(t testing.TB, store engine) *audit.Service {
	t.Helper()
	settle(t, store)
	return unsettled(t, store, nil)
}

func unsettled(t testing.TB, store engine, change func(*audit.Config)) *audit.Service {
	t.Helper()
	key := must(tlog.NewKey(origin, ring()))(t)
	cfg := audit.Config{
		Ledger: store, Log: store, Key: key,
		Prover: must(tlog.NewProver(tlog.ProverConfig{Log: store, Checkpoints: store, Origin: origin, Keys: []*tlog.Key{key}}))(t),
	}
	if change != nil {
		change(&cfg)
	}
	return must(audit.New(cfg))(t)
}

func reason(err error) fault.Reason {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

func TestListPagesThroughTheFilter(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 250)
	s := open(t, store)
	filter := ledger.Filter{Partner: "vtb", From: noon.Add(10 * time.Second)}
	var seen []ledger.EntryID
	token := ""
	for pages := 1; ; pages++ {
		entries, next, err := s.List(t.Context(), filter, 50, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			seen = append(seen, e.ID)
		}
		if token = next; token == "" {
			break
		}
		if pages > 3 {
			t.Fatal("more pages than entries")
		}
	}
	if len(seen) != 120 {
		t.Fatalf("%d entries, want 120", len(seen))
	}
	for i, id := range seen {
		if want := entry(11 + 2*i).ID; id != want {
			t.Fatalf("entry %d is %v, want %v", i, id, want)
		}
	}
}

func TestListSizes(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 1200)
	s := open(t, store)
	for asked, want := range map[int]int{0: 100, 7: 7, 5000: 1000} {
		entries, _, err := s.List(t.Context(), ledger.Filter{}, asked, "")
		if err != nil || len(entries) != want {
			t.Errorf("size %d: %d entries, %v; want %d", asked, len(entries), err, want)
		}
	}
}

func TestListRefuses(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 10)
	s := open(t, store)
	_, token, err := s.List(t.Context(), ledger.Filter{Partner: "vtb"}, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		filter ledger.Filter
		token  string
		want   fault.Reason
	}{
		"token of another filter": {ledger.Filter{Partner: "sberbank"}, token, fault.PageTokenInvalid},
		"token of another time":   {ledger.Filter{Partner: "vtb", From: noon}, token, fault.PageTokenInvalid},
		"broken token":            {ledger.Filter{Partner: "vtb"}, token + "A", fault.PageTokenInvalid},
		"time turned round":       {ledger.Filter{From: noon, To: noon.Add(-1)}, "", fault.FieldFormat},
		"bank with a line break":  {ledger.Filter{Partner: "a\n#footer"}, "", fault.FieldFormat},
		"right token":             {ledger.Filter{Partner: "vtb"}, token, ""},
	} {
		if _, _, err := s.List(t.Context(), c.filter, 1, c.token); reason(err) != c.want {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestSummarize(t *testing.T) {
	store := &ledgertest.Memory{}
	record(t, store, 0, 30)
	summary, err := open(t, store).Summarize(t.Context(), ledger.Filter{Partner: "vtb"})
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, c := range summary.Counts {
		if c.Partner != "vtb" {
			t.Errorf("a count of %q", c.Partner)
		}
		sum += c.Entries
	}
	if summary.Total != 15 || sum != 15 {
		t.Errorf("total %d, sum %d; want 15", summary.Total, sum)
	}
}

func TestReadersAreFew(t *testing.T) {
	store := &blocking{entered: make(chan struct{}), release: make(chan struct{})}
	record(t, store, 0, 1)
	s, err := audit.New(audit.Config{Ledger: store, Reads: 1, Reports: 1})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := s.List(context.Background(), ledger.Filter{}, 1, "")
		done <- err
	}()
	<-store.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Summarize(ctx, ledger.Filter{}); reason(err) != fault.CallerGaveUp {
		t.Errorf("a second reader: error %v, want that it waits until it gives up", err)
	}
	close(store.release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// blocking is a ledger whose lists wait to be released.
type blocking struct {
	ledgertest.Memory
	entered, release chan struct{}
}

func (b *blocking) Entries(ctx context.Context, f ledger.Filter, p ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	b.entered <- struct{}{}
	<-b.release
	return b.Memory.Entries(ctx, f, p)
}

func TestConfig(t *testing.T) {
	for _, c := range []audit.Config{{}, {Ledger: &ledgertest.Memory{}, Reads: -1}, {Ledger: &ledgertest.Memory{}, Reports: -1}} {
		if _, err := audit.New(c); err == nil {
			t.Errorf("accepted %+v", fmt.Sprint(c.Reads, c.Reports))
		}
	}
}
