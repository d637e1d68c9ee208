package person

import "testing"

// The short way gives what the long way gives, in every respect.
func FuzzFoldPlain(f *testing.F) {
	for _, text := range []string{"Семёнов", "  Иванов - Петров ", "O'Brien 2", "--", "Ёё", " ", "А  Б"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, did, ok := foldPlain(text)
		if !ok {
			return
		}
		long, alsoDid, bad := foldAny(text, NameRules{})
		if bad.found() || plain.text != long.text || plain.canonical != long.canonical || did != alsoDid {
			t.Errorf("%q: %q by %b, the long way %q by %b, %+v", text, plain.canonical, did, long.canonical, alsoDid, bad)
		}
	})
}

func TestVeilCanBeLifted(t *testing.T) {
	for _, n := range []int64{0, 1, 112_233_445_95, 1<<63 - 1, -1} {
		if got := hide(n).bare(); got != n {
			t.Errorf("%d comes back as %d", n, got)
		}
	}
	if hide(0) != 0 {
		t.Error("absent is not zero")
	}
}

func TestCountriesAreInOrderAndOnce(t *testing.T) {
	if len(countries)%3 != 0 || len(countries) != 3*250 {
		t.Fatalf("%d letters, want 250 codes of three", len(countries))
	}
	for at := 3; at < len(countries); at += 3 {
		if countries[at:at+3] <= countries[at-3:at] {
			t.Errorf("%s follows %s", countries[at:at+3], countries[at-3:at])
		}
	}
}
