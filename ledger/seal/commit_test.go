package seal_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

var entry = ledger.EntryID{9, 8, 7}

func commit(t *testing.T, r *seal.Ring, s ledger.Sealed) [16]byte {
	t.Helper()
	c, err := r.Commit(account, s, entry, ledger.GroupSNILS, []byte("11223344595"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommitmentsOutliveResealAndRewrap(t *testing.T) {
	r := ring(t)
	s := sealed(t, r)
	want := commit(t, r, s)
	later, err := r.Reseal(account, s, []byte("later"))
	if err != nil || commit(t, r, later) != want {
		t.Fatalf("resealing changes the commitment, or %v", err)
	}
	if got, err := r.Open(account, later); err != nil || string(got) != "later" {
		t.Errorf("what was resealed opens as %q, %v", got, err)
	}
	rotated := rotate(t, r, seal.Data)
	wrapped, changed, err := rotated.Rewrap(account, later)
	if err != nil || !changed || commit(t, rotated, wrapped) != want {
		t.Errorf("rewrapping (%v, %v) changes the commitment", changed, err)
	}
	again, err := rotated.Reseal(account, wrapped, []byte("last"))
	if err != nil || commit(t, rotated, again) != want {
		t.Errorf("resealing what was rewrapped changes the commitment, or %v", err)
	}
}

func TestCommitmentsDieWithTheDataKey(t *testing.T) {
	r := ring(t)
	s := sealed(t, r)
	want := commit(t, r, s)
	s.WrappedKey = nil
	if c, err := r.Commit(account, s, entry, ledger.GroupSNILS, []byte("11223344595")); !errors.Is(err, seal.ErrShredded) || c != [16]byte{} {
		t.Errorf("without a data key: %x, %v", c, err)
	}
	if _, err := r.Reseal(account, s, nil); !errors.Is(err, seal.ErrShredded) {
		t.Errorf("resealing what was destroyed: %v", err)
	}
	if _, err := r.Reseal(other, sealed(t, r), nil); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("resealing for another account: %v", err)
	}
	if commit(t, r, sealed(t, r)) == want {
		t.Error("the same profile sealed anew gives the old commitment: it can be tested after erasure")
	}
}

func TestCommitmentsDiffer(t *testing.T) {
	r := ring(t)
	s := sealed(t, r)
	salt, err := r.Salt(account, s, entry)
	if err != nil {
		t.Fatal(err)
	}
	another, err := r.Salt(account, s, ledger.EntryID{1})
	if err != nil {
		t.Fatal(err)
	}
	value := []byte("11223344595")
	want := salt.Commit(ledger.GroupSNILS, value)
	if want.Group != ledger.GroupSNILS || want.Digest != commit(t, r, s) {
		t.Errorf("a salt commits to %v otherwise than the ring", want.Group)
	}
	for what, got := range map[string][16]byte{
		"another entry": another.Commit(ledger.GroupSNILS, value).Digest,
		"another group": salt.Commit(ledger.GroupINN, value).Digest,
		"another value": salt.Commit(ledger.GroupSNILS, value[1:]).Digest,
		"nothing":       {},
	} {
		if got == want.Digest {
			t.Errorf("%s gives the same commitment", what)
		}
	}
}

func BenchmarkSaltAndSixCommitments(b *testing.B) {
	r := ring(b)
	s := sealed(b, r)
	b.ReportAllocs()
	for b.Loop() {
		salt, err := r.Salt(account, s, entry)
		if err != nil {
			b.Fatal(err)
		}
		for g := ledger.GroupName; g <= ledger.GroupContact; g++ {
			salt.Commit(g, []byte("КАНАРЕЙКИН"))
		}
	}
}

func BenchmarkMark(b *testing.B) {
	r := ring(b)
	b.ReportAllocs()
	for b.Loop() {
		r.Mark(ledger.Record{})
	}
}
