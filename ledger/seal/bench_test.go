package seal_test

import (
	"bytes"
	"testing"

	"github.com/poruka/poruka/ledger/seal"
)

// profileSize is that of a usual profile.
const profileSize = 300

func BenchmarkSeal(b *testing.B) {
	r, profile := ring(b), bytes.Repeat([]byte{1}, profileSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Seal(account, profile); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	r := ring(b)
	s, err := r.Seal(account, bytes.Repeat([]byte{1}, profileSize))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open(account, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSNILS(b *testing.B) {
	r := ring(b)
	b.ReportAllocs()
	for b.Loop() {
		r.SNILS("11223344595")
	}
}

func BenchmarkEntryID(b *testing.B) {
	r := ring(b)
	b.ReportAllocs()
	for b.Loop() {
		r.EntryID("sberbank", requestID)
	}
}

func BenchmarkEntryIDs(b *testing.B) {
	r := rotate(b, ring(b), seal.Request)
	b.ReportAllocs()
	for b.Loop() {
		r.EntryIDs("sberbank", requestID)
	}
}

func BenchmarkDigest(b *testing.B) {
	r, canonical := ring(b), bytes.Repeat([]byte{1}, 600)
	b.ReportAllocs()
	for b.Loop() {
		r.Digest("confirmation", canonical)
	}
}
