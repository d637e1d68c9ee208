package style

import "testing"

// BenchmarkDecode is what a dialect costs beside the native API; most of it is the signature, where there is one.
func BenchmarkDecode(b *testing.B) {
	for _, bank := range all().Names() {
		d, keys := dialect(b, bank), keysOf(bank)
		m, err := d.Encode(request(), signerOf(bank))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bank, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(m, keys, noon()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
