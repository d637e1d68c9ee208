package roster_test

import (
	"slices"
	"testing"

	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/style"
)

// The roster knows the dialects that there are, and which of them sign.
func TestStandardIsTheDialects(t *testing.T) {
	var names []string
	for _, known := range roster.Standard() {
		names = append(names, known.Name)
		dialect, ok := style.Standard().Find(known.Name)
		if !ok {
			t.Errorf("there is no dialect %s", known.Name)
			continue
		}
		_, err := dialect.Encode(style.Request{ID: "5b3e9a52-3c1e-4a59-9d0b-2f7f4b6c1a10"}, nil)
		if signs := err != nil; signs != (known.Algorithm != "") {
			t.Errorf("%s without a signer: %v; the roster says that it signs with %q", known.Name, err, known.Algorithm)
		}
	}
	if want := style.Standard().Names(); !slices.Equal(names, want) {
		t.Errorf("the roster knows %v, there are %v", names, want)
	}
}
