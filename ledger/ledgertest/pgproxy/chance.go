package pgproxy

import "math/rand/v2"

// Chance does one of faults to a share of all statements, between 0 and 1. The same seed makes the same choices in the same order;
// which statement meets which depends on the order in which they arrive.
func Chance(seed uint64, share float64, faults ...Fault) Rule {
	chance := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable, no secret
	return func(Statement) Fault {
		if chance.Float64() >= share {
			return Fault{}
		}
		return faults[chance.IntN(len(faults))]
	}
}
