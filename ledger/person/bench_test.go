package person_test

import (
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

func BenchmarkParseName(b *testing.B) {
	for name, text := range map[string]string{
		"upper": "КОНСТАНТИНОПОЛЬСКИЙ", "mixed": "Константинопольский", "yo": "Семёнов", "double": "Иванов-Петров", "latin": "Montgomery",
		"dash": "Иванов–Петров", "decomposed": "Семе\u0308нов", "lookalike": "Кoвалёв", "azeri": "Əliyev",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if name, _, err := person.ParseName(text, person.NameRules{}); err != nil || name.IsZero() {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	need := person.RequiredOfBank()
	for b.Loop() {
		if _, _, err := person.Parse(whole(), need, day("2026-07-01")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	b.ReportAllocs()
	p := mustParse(b, whole())
	buf := make([]byte, 0, 1024)
	for b.Loop() {
		buf = p.Canonical(buf[:0])
	}
}

func BenchmarkProfile(b *testing.B) {
	profile := wholeProfile(b)
	data, err := profile.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := profile.MarshalBinary(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := person.UnmarshalProfile(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
