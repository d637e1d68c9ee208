package seal_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
)

func TestIndexesAreApart(t *testing.T) {
	r := ring(t)
	seen := map[ledger.Index]string{}
	for name, index := range map[string]ledger.Index{
		"SNILS": r.SNILS("112233445955"), "INN": r.INN("112233445955"), "phone": r.Phone("112233445955"),
		"another SNILS": r.SNILS("11223344595"), "the SNILS under another ring": ring(t).SNILS("112233445955"),
	} {
		if index.IsZero() {
			t.Errorf("%s has the zero index", name)
		}
		if before, ok := seen[index]; ok {
			t.Errorf("%s and %s have one index", name, before)
		}
		seen[index] = name
	}
	if first := r.SNILS("11223344595"); r.SNILS("11223344595") != first {
		t.Error("a SNILS has two indexes")
	}
	if !r.SNILS("").IsZero() || !r.INN("").IsZero() || !r.Phone("").IsZero() {
		t.Error("what is absent has an index")
	}
}

func TestEntryIDIsUUIDOfVersion8(t *testing.T) {
	r := ring(t)
	for range 64 {
		id := uuid.UUID(r.EntryID("vtb", uuid.NewString()))
		if id.Version() != 8 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s: version %d, variant %v", id, id.Version(), id.Variant())
		}
		if withdrawal := uuid.UUID(r.WithdrawalID(ledger.EntryID(id))); withdrawal.Version() != 8 || withdrawal == id {
			t.Fatalf("withdrawal %s of %s", withdrawal, id)
		}
	}
}

func TestEntryIDNamesOneRequestOfOnePartner(t *testing.T) {
	r := ring(t)
	id := r.EntryID("vtb", requestID)
	if r.EntryID("vtb", strings.ToUpper(requestID)) != id {
		t.Error("the case of the request id matters")
	}
	if ids := r.EntryIDs("vtb", strings.ToUpper(requestID)); len(ids) != 1 || ids[0] != id {
		t.Errorf("candidates %v, want %v alone", ids, id)
	}
	for _, different := range []ledger.EntryID{
		r.EntryID("vtb", "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a60"),
		r.EntryID("bspb", requestID),
		r.EntryID("vtb"+"7", requestID[1:]), // the same letters, cut elsewhere
		r.EntryID("", "vtb"+requestID),
		ring(t).EntryID("vtb", requestID),
		r.WithdrawalID(id),
	} {
		if different == id {
			t.Errorf("another request has the id %v", id)
		}
	}
}

func TestWithdrawalIDOutlivesRotation(t *testing.T) {
	r := ring(t)
	id := r.EntryID("vtb", requestID)
	if rotate(t, r, "request").WithdrawalID(id) != r.WithdrawalID(id) {
		t.Error("a rotation changes the id of a withdrawal: a repeated withdrawal would be a second one")
	}
}

func TestDigestsAreApart(t *testing.T) {
	r := ring(t)
	seen := map[[32]byte]bool{}
	for _, digest := range [][32]byte{
		r.Digest("a", []byte("bc")), r.Digest("ab", []byte("c")), r.Digest("", []byte("abc")), r.Digest("abc", nil),
		r.Digest("a", []byte("bd")), r.ProfileDigest([]byte("bc")), [32]byte(r.SNILS("abc")),
	} {
		if seen[digest] {
			t.Error("two things have one digest")
		}
		seen[digest] = true
	}
	if first := r.Digest("a", []byte("bc")); r.Digest("a", []byte("bc")) != first {
		t.Error("one thing has two digests")
	}
	long := []byte(strings.Repeat("x", 1<<16))
	if !r.SameDigest(r.Digest("a", long), "a", long) || r.SameDigest([32]byte{}, "a", long) {
		t.Error("SameDigest is wrong")
	}
}
