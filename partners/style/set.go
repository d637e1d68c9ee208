package style

import (
	"maps"
	"slices"

	"github.com/poruka/poruka/partners/signature"
)

// Set is some dialects by their names. Sets never change and are safe for concurrent use; the zero Set is empty.
type Set struct{ dialects map[string]Dialect }

// Standard is the dialects that the gateway knows, each named as its bank's id. VTB signs with Ed25519: give With a VTB of another
// algorithm to change that.
func Standard() Set {
	return Set{}.With(BSPB()).With(PochtaBank()).With(Sberbank()).With(Tinkoff()).With(VTB(signature.EdDSA()))
}

// Find finds a dialect by its name.
func (s Set) Find(name string) (Dialect, bool) {
	d, ok := s.dialects[name]
	return d, ok
}

// Names are the names of the dialects, in order.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s.dialects)) }

// With gives a set that has d as well, in place of one of the same name.
func (s Set) With(d Dialect) Set {
	dialects := maps.Clone(s.dialects)
	if dialects == nil {
		dialects = map[string]Dialect{}
	}
	dialects[d.Name()] = d
	return Set{dialects: dialects}
}
