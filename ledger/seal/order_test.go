package seal_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
)

func TestOrderIDIsUUIDOfVersion8ForOneBank(t *testing.T) {
	r := ring(t)
	seen := map[ledger.OrderID]bool{}
	for range 64 {
		request := uuid.NewString()
		id := r.OrderIDs(request, "vtb")[0]
		if u := uuid.UUID(id); u.Version() != 8 || u.Variant() != uuid.RFC4122 || seen[id] {
			t.Fatalf("%s: version %d, variant %v", u, u.Version(), u.Variant())
		}
		seen[id] = true
		if again := r.OrderIDs(strings.ToUpper(request), "vtb"); len(again) != 1 || again[0] != id {
			t.Fatalf("one request has orders %v and %v", id, again)
		}
		for _, text := range []string{id.String(), strings.ToUpper(id.String())} {
			if got, is := r.IsOrder(text, "vtb"); !is || got != id {
				t.Fatalf("%s is no order", text)
			}
		}
		for _, bank := range []ledger.PartnerID{"", "vt", "vtbb", "bspb", ledger.PortalID} {
			if _, is := r.IsOrder(id.String(), bank); is {
				t.Fatalf("%s is an order for %q too", id, bank)
			}
		}
		if _, is := ring(t).IsOrder(id.String(), "vtb"); is {
			t.Fatal("another ring takes it for its own")
		}
	}
}

// Ids that banks choose themselves are none of ours, of version 8 as well: an entry's id, say, or ours with one bit changed.
func TestOrdinaryRequestIDsAreNoOrders(t *testing.T) {
	r := ring(t)
	for _, id := range []string{"", "x", uuid.Nil.String(), requestID, r.EntryID("vtb", requestID).String()} {
		if _, is := r.IsOrder(id, "vtb"); is {
			t.Errorf("%q is an order", id)
		}
	}
	order := r.OrderIDs(requestID, "vtb")[0]
	for bit := range 8 * len(order) {
		changed := order
		changed[bit/8] ^= 1 << (bit % 8)
		if _, is := r.IsOrder(changed.String(), "vtb"); is {
			t.Errorf("with bit %d changed it is an order still", bit)
		}
		if r.OrderCode(changed, "vtb") != "" {
			t.Errorf("with bit %d changed it has a code", bit)
		}
	}
}

func TestOrdersOutliveRotation(t *testing.T) {
	r := ring(t)
	id := r.OrderIDs(requestID, "vtb")[0]
	next := rotate(t, r, "request")
	if ids := next.OrderIDs(requestID, "vtb"); len(ids) != 2 || ids[0] == id || ids[1] != id {
		t.Errorf("candidates %v, want another and then %v", ids, id)
	}
	if _, is := next.IsOrder(id.String(), "vtb"); !is {
		t.Error("an order of the older key is none any more")
	}
	if next.OrderCode(id, "vtb") != r.OrderCode(id, "vtb") {
		t.Error("an open order gets another code")
	}
	if next.OrderEntryID(id) != r.OrderEntryID(id) || next.OrderCancelID(id) != r.OrderCancelID(id) || next.OrderCounter(account) != r.OrderCounter(account) {
		t.Error("its entries or its counter are not found any more")
	}
}

func TestOrderCode(t *testing.T) {
	r := ring(t)
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`)
	seen := map[string]bool{}
	for range 64 {
		id := r.OrderIDs(uuid.NewString(), "vtb")[0]
		code := r.OrderCode(id, "vtb")
		if !form.MatchString(code) || seen[code] || code != r.OrderCode(id, "vtb") {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
		if r.OrderCode(id, "bspb") != "" {
			t.Fatal("the order has a code at another bank")
		}
	}
}

func TestWhatAnOrderLeadsToIsApart(t *testing.T) {
	r := ring(t)
	id, elsewhere := r.OrderIDs(requestID, "vtb")[0], r.OrderIDs(requestID, "bspb")[0]
	if id == elsewhere || r.OrderEntryID(id) != r.OrderEntryID(elsewhere) {
		t.Error("a request that is used again for another bank does not find the first")
	}
	seen := map[ledger.EntryID]bool{ledger.EntryID(id): true}
	for _, e := range []ledger.EntryID{
		r.OrderEntryID(id), r.OrderCancelID(id), r.OrderCancelID(elsewhere), r.EntryID("vtb", id.String()), r.EntryID(ledger.PortalID, requestID),
		r.WithdrawalID(ledger.EntryID(id)), r.OrderEntryID(r.OrderIDs(uuid.NewString(), "vtb")[0]),
	} {
		if seen[e] || uuid.UUID(e).Version() != 8 {
			t.Errorf("entry id %v is used twice or of another version", e)
		}
		seen[e] = true
	}
	counter := r.OrderCounter(account)
	if counter == r.OrderCounter(other) || counter.Partner != ledger.PortalID || counter.Subject.IsZero() ||
		counter.Subject == r.SNILS(string(account[:])) || counter == ring(t).OrderCounter(account) {
		t.Errorf("the counter of an account is %+v", counter)
	}
}
