package seal_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

const canary = "КАНАРЕЙКИН 112-233-445 95"

func sealed(t testing.TB, r *seal.Ring) ledger.Sealed {
	t.Helper()
	s, err := r.Seal(account, []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpensWhatWasSealed(t *testing.T) {
	r := ring(t)
	for _, size := range []int{0, 1, 15, 16, 17, 1000, 1 << 17} {
		profile := bytes.Repeat([]byte{0xa5}, size)
		s, err := r.Seal(account, profile)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Open(account, s); err != nil || !bytes.Equal(got, profile) {
			t.Errorf("%d bytes: opened %d, %v", size, len(got), err)
		}
	}
}

func TestSealNeverRepeats(t *testing.T) {
	r := ring(t)
	a, b := sealed(t, r), sealed(t, r)
	if bytes.Equal(a.WrappedKey, b.WrappedKey) || bytes.Equal(a.Box, b.Box) {
		t.Error("two seals of one profile are alike")
	}
	if _, err := r.Open(account, ledger.Sealed{WrappedKey: a.WrappedKey, Box: b.Box}); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("the box of one seal opens with the key of another: %v", err)
	}
}

// Every byte of the wrapped key and of the box, flipped in each bit.
func TestChangedDataNeverOpen(t *testing.T) {
	r := rotate(t, ring(t), seal.Data)
	whole := sealed(t, r)
	for _, part := range []string{"wrapped key", "box"} {
		s := ledger.Sealed{WrappedKey: slices.Clone(whole.WrappedKey), Box: slices.Clone(whole.Box)}
		bytesOf := s.WrappedKey
		if part == "box" {
			bytesOf = s.Box
		}
		for i := range bytesOf {
			for bit := range 8 {
				bytesOf[i] ^= 1 << bit
				if got, err := r.Open(account, s); err == nil || got != nil {
					t.Fatalf("opens with bit %d of byte %d of the %s flipped", bit, i, part)
				}
				bytesOf[i] ^= 1 << bit
			}
		}
	}
	if _, err := r.Open(account, whole); err != nil {
		t.Fatalf("the whole does not open: %v", err)
	}
}

func TestCutDataNeverOpen(t *testing.T) {
	r := ring(t)
	whole := sealed(t, r)
	for n := range whole.WrappedKey {
		if _, err := r.Open(account, ledger.Sealed{WrappedKey: whole.WrappedKey[:n], Box: whole.Box}); err == nil {
			t.Fatalf("opens with %d bytes of the wrapped key", n)
		}
	}
	for n := range whole.Box {
		if _, err := r.Open(account, ledger.Sealed{WrappedKey: whole.WrappedKey, Box: whole.Box[:n]}); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("with %d bytes of the box: %v", n, err)
		}
	}
	longer := ledger.Sealed{WrappedKey: append(slices.Clone(whole.WrappedKey), 0), Box: whole.Box}
	if _, err := r.Open(account, longer); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("with a longer wrapped key: %v", err)
	}
}

func TestOpenTellsWhyItCannot(t *testing.T) {
	r := ring(t)
	whole := sealed(t, r)
	tests := []struct {
		name   string
		ring   *seal.Ring
		id     ledger.AccountID
		sealed ledger.Sealed
		want   error
	}{
		{"another account", r, other, whole, seal.ErrOpen},
		{"no account", r, ledger.AccountID{}, whole, seal.ErrOpen},
		{"another ring", ring(t), account, whole, seal.ErrKeyMissing},
		{"data key destroyed", r, account, ledger.Sealed{Box: whole.Box}, seal.ErrShredded},
		{"nothing", r, account, ledger.Sealed{}, seal.ErrShredded},
		{"box gone", r, account, ledger.Sealed{WrappedKey: whole.WrappedKey}, seal.ErrOpen},
		{"rubbish", r, account, ledger.Sealed{WrappedKey: []byte("rubbish"), Box: []byte("rubbish")}, seal.ErrOpen},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.ring.Open(test.id, test.sealed)
			if !errors.Is(err, test.want) || got != nil {
				t.Errorf("%q, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestSealedShowsNothing(t *testing.T) {
	r := ring(t)
	s := sealed(t, r)
	_, wrong := r.Open(other, s)
	for _, shown := range []string{string(s.Box), string(s.WrappedKey), wrong.Error()} {
		for word := range strings.FieldsSeq(canary) {
			if strings.Contains(shown, word) {
				t.Errorf("%q shows in %q", word, shown)
			}
		}
	}
}

func TestRingServesManyAtOnce(t *testing.T) {
	r := ring(t)
	s := sealed(t, r)
	index, entry := r.SNILS("11223344595"), r.EntryID("vtb", requestID)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 200 {
				if got, err := r.Open(account, s); err != nil || string(got) != canary {
					t.Errorf("opened %q, %v", got, err)
				}
				if _, err := r.Seal(account, []byte(canary)); err != nil {
					t.Error(err)
				}
				if r.SNILS("11223344595") != index || r.EntryID("vtb", requestID) != entry {
					t.Error("a digest differs under load")
				}
			}
		})
	}
	group.Wait()
}

// Whatever the bytes, Open must neither open nor fail otherwise than by its errors.
func FuzzOpen(f *testing.F) {
	r := ring(f)
	whole := sealed(f, r)
	f.Add(whole.WrappedKey, whole.Box)
	f.Add([]byte{1, 0, 0, 0, 0}, []byte{1})
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, key, box []byte) {
		s := ledger.Sealed{WrappedKey: key, Box: box}
		if got, err := r.Open(other, s); err == nil || got != nil {
			t.Fatal("opened what was never sealed for this account")
		}
		got, err := r.Open(account, s)
		if err == nil && string(got) != canary {
			t.Fatalf("opened %q", got)
		}
	})
}
