package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// Two gateways share the work by leases: one delivers, and when it is lost the other goes on after half a minute, when it has left at
// once.
func TestOneGatewayDeliversAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		onlyVTB := func(c *notify.Config) { c.Receivers = func() []string { return []string{"vtb"} } }
		first := w.gateway(onlyVTB)
		time.Sleep(time.Second)
		second := w.gateway(onlyVTB)
		for range 20 {
			w.put(confirmation("vtb"))
			time.Sleep(20 * time.Second)
		}
		if again := w.line.wantAll("vtb", count(20)...); again != 0 {
			t.Errorf("%d events came twice while both gateways were well", again)
		}
		w.put(confirmation("vtb"))
		time.Sleep(11 * time.Second)
		first.kill()
		w.put(confirmation("vtb"))
		time.Sleep(45 * time.Second)
		w.line.wantAll("vtb", count(22)...)
		third := w.gateway(onlyVTB)
		time.Sleep(time.Second)
		second.stop()
		w.put(confirmation("vtb"))
		time.Sleep(45 * time.Second)
		w.line.wantAll("vtb", count(23)...)
		third.stop()
	})
}

func count(n int64) []int64 {
	var out []int64
	for i := range n {
		out = append(out, i)
	}
	return out
}

// Who leaves the roster is paused, and goes on from there; who comes new begins at the end.
func TestAReceiverThatLeavesIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var mu sync.Mutex
		present := []string{"vtb"}
		set := func(ids ...string) { mu.Lock(); defer mu.Unlock(); present = ids }
		w.gateway(func(c *notify.Config) {
			c.Receivers = func() []string { mu.Lock(); defer mu.Unlock(); return present }
		})
		time.Sleep(time.Second)
		w.put(confirmation("vtb"), confirmation("sberbank"))
		time.Sleep(time.Minute)
		set()
		time.Sleep(time.Minute)
		w.put(confirmation("vtb"), confirmation("sberbank"))
		time.Sleep(24 * time.Hour)
		w.line.wantAll("vtb", 0)
		set("vtb", "sberbank")
		time.Sleep(time.Minute)
		w.put(confirmation("vtb"), confirmation("sberbank"))
		time.Sleep(time.Minute)
		w.line.wantAll("vtb", 0, 2, 4)
		if first, _ := w.line.taken("sberbank"); len(first) != 1 || first[0].Sequence != 5 || first[0].Previous != -1 {
			t.Errorf("a receiver that came new has %+v", first)
		}
	})
}

// Banks are told what is theirs and nothing more; of seals and of what staff look at nobody is told.
func TestWhoIsToldWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g := w.gateway(nil)
		time.Sleep(time.Second)
		account := ledger.AccountID{0xac, 0xc0}
		order := ledger.Order{ID: w.ring.OrderIDs("7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69", "vtb")[0], Bank: "vtb", Until: time.Now()}
		hidden := confirmation("vtb")
		hidden.Outcome, hidden.Reasons = ledger.OutcomeNotEligible, []ledger.Reason{ledger.ReasonPhoneNotBound}
		withdrawal := confirmation("vtb")
		withdrawal.Kind, withdrawal.Outcome, withdrawal.Withdrawn, withdrawal.Method = ledger.KindWithdrawal, 0, ledger.EntryID{9}, 0
		placed := ledger.Entry{Kind: ledger.KindOrder, Partner: ledger.PortalID, Account: account, Detail: order.Detail()}
		w.put(
			hidden, withdrawal, placed,
			ledger.Entry{Kind: ledger.KindPortalRecord, Partner: ledger.PortalID, Account: account, Method: ledger.MethodPostalCode, After: ledger.LevelConfirmed},
			ledger.Entry{Kind: ledger.KindErasure, Partner: ledger.PortalID, Account: account, After: ledger.LevelErased},
			ledger.Entry{Kind: ledger.KindAccess, Partner: ledger.StaffID, Detail: "method=ListRecords rows=1"},
			ledger.Entry{Kind: ledger.KindOrder, Partner: ledger.PortalID, Account: account, Detail: "order=nonsense"},
		)
		time.Sleep(time.Minute)
		g.stop()
		w.line.wantAll("vtb", 0, 1, 2)
		w.line.wantAll("portal", 0, 1, 2, 3, 4, 6)
		w.line.wantAll("sberbank")
		ofBank, _ := w.line.taken("vtb")
		ofPortal, _ := w.line.taken("portal")
		for i, want := range []string{"confirmation.decided", "confirmation.withdrawn", "order.created", "account.recorded", "account.erased", "order.created"} {
			if ofPortal[i].Type != want || ofPortal[i].Data["account"] != "accounts/"+account.String() {
				t.Errorf("the portal is told %+v, want %s", ofPortal[i], want)
			}
		}
		if d := ofBank[0].Data; d["levelBefore"] != nil || d["levelAfter"] != nil || d["method"] != nil || d["outcome"] != "NOT_ELIGIBLE" {
			t.Errorf("a bank that has proved too little is told %v", d)
		}
		if d := ofBank[1].Data; d["withdrawn"] != "confirmations/"+(ledger.EntryID{9}).String() || d["levelAfter"] != "CONFIRMED" {
			t.Errorf("of a withdrawal: %v", d)
		}
		if d := ofBank[2].Data; d["order"] != "orders/"+order.ID.String() || d["bank"] != "vtb" || d["confirmation"] != nil {
			t.Errorf("of an order: %v", d)
		} else if d["code"] != w.ring.OrderCode(order.ID, "vtb") || d["code"] == "" || d["expireTime"] == nil {
			t.Errorf("of an order: code %v until %v", d["code"], d["expireTime"])
		}
		for _, a := range w.line.got["vtb"] {
			if strings.Contains(a.body, "account") {
				t.Errorf("a bank is told %s", a.body)
			}
		}
	})
}

// A feed gives every entry at its position, wherever one begins, and from memory or not.
func TestAFeedReadsFromAnywhere(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		var entries []ledger.Entry
		for range 150 {
			entries = append(entries, confirmation("vtb"))
		}
		w.put(entries...)
	}
	all, _, err := w.store.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 1000})
	must(t, err)
	feed, err := notify.NewFeed(notify.FeedConfig{Ledger: w.store, Ring: w.ring, Logger: slog.New(slog.DiscardHandler), Kept: 100})
	must(t, err)
	if got, err := feed.Read(t.Context(), 0); err != nil || got != nil {
		t.Errorf("before the first look: %d, %v", len(got), err)
	}
	_, err = feed.Refresh(t.Context())
	must(t, err)
	for _, position := range []int64{0, 890, 3, 256, 255, 899, 512, 300, 300, 0} {
		at := position
		for at < 900 {
			records, err := feed.Read(t.Context(), at)
			if err != nil || len(records) == 0 {
				t.Fatalf("from %d: nothing at %d, %v", position, at, err)
			}
			for _, r := range records {
				if r.Position != at || r.Entry.ID != all[at].ID {
					t.Fatalf("from %d: position %d has entry %v of %d", position, at, r.Entry.ID, r.Position)
				}
				at++
			}
		}
	}
	if got, err := feed.Read(t.Context(), 900); err != nil || got != nil {
		t.Errorf("at the end: %d, %v", len(got), err)
	}
}

// forger changes an entry after it was put into the log.
type forger struct{ notify.Ledger }

func (f forger) Entries(ctx context.Context, filter ledger.Filter, page ledger.Page) ([]ledger.Entry, ledger.Cursor, error) {
	list, next, err := f.Ledger.Entries(ctx, filter, page)
	if len(list) > 1 {
		list[1].Outcome = ledger.OutcomeNotMatched
	}
	return list, next, err
}

func TestAnEntryThatWasChangedIsNotTold(t *testing.T) {
	w := newWorld(t)
	w.put(confirmation("vtb"), confirmation("vtb"))
	feed, err := notify.NewFeed(notify.FeedConfig{Ledger: forger{w.store}, Ring: w.ring, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	_, err = feed.Refresh(t.Context())
	must(t, err)
	if got, err := feed.Read(t.Context(), 0); !errors.Is(err, notify.ErrAltered) || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// While one key takes over from another, a receiver may know either.
func TestTwoKeysSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		staged, _, err := w.ring.Stage(seal.Event)
		must(t, err)
		lines := notify.PublicKeys(staged)
		if len(lines) != 2 || !slices.Contains(lines, notify.PublicKeys(w.ring)[0]) {
			t.Fatalf("announced %v", lines)
		}
		w.ring = staged
		w.gateway(nil) // the receivers know the old key alone
		time.Sleep(time.Second)
		w.put(confirmation("vtb"))
		time.Sleep(time.Minute)
		w.line.mu.Lock()
		w.line.keys = w.line.keys[:0]
		for _, text := range lines {
			if text != lines[0] {
				w.line.keys = append(w.line.keys, publicKey(t, text)) // now the new one alone
			}
		}
		w.line.mu.Unlock()
		w.put(confirmation("vtb"))
		time.Sleep(time.Minute)
		w.line.wantAll("vtb", 0, 1)
	})
}

func TestARingWithoutAKeyForEventsDeliversNothing(t *testing.T) {
	if lines := notify.PublicKeys(&seal.Ring{}); len(lines) != 0 {
		t.Errorf("keys %v", lines)
	}
	w := newWorld(t)
	feed, err := notify.NewFeed(notify.FeedConfig{Ledger: w.store, Ring: w.ring, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	_, err = notify.New(notify.Config{
		Feed: feed, Bookmarks: w.store, Ring: &seal.Ring{}, Sender: w.line, Receivers: func() []string { return nil },
		Observer: nobody{}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if !errors.Is(err, notify.ErrNoKey) {
		t.Errorf("error %v", err)
	}
}
