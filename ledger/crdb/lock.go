package crdb

import (
	"slices"

	"github.com/poruka/poruka/ledger"
)

// On PostgreSQL a transaction first locks everything that it names, whether or not it exists, and then reads it: two
// transactions that name one thing run one after the other, and are serialisable without the server's watching over what they
// have read. See deploy/docs/adr/0007-key-locks-on-postgresql.md.

const (
	// mostLocks is how many keys a transaction may lock one by one; the server has room for some 7,000 as it comes.
	// A transaction with more of them runs alone.
	mostLocks = 2000

	sharedRoot    = 0 // held by every transaction, so that one can run alone
	exclusiveRoot = 1
)

// lockKeys gives the locks to take, in the order in which every transaction takes them; nil when there are none. A SNILS and the
// attempts on it are one key. Two keys that share a number only wait for each other.
func lockKeys(keys ledger.Keys) []byte {
	numbers := lockNumbers(keys)
	switch {
	case len(numbers) == 0:
		return nil
	case len(numbers) > mostLocks:
		numbers = []int64{exclusiveRoot}
	default:
		numbers = slices.Insert(numbers, 0, sharedRoot)
	}
	a := newArray(oidInt8, 12*len(numbers))
	for _, n := range numbers {
		a.addInt8(n)
	}
	return a.bytes()
}

func lockNumbers(keys ledger.Keys) []int64 {
	numbers := make([]int64, 0, 1+len(keys.Entries)+len(keys.Accounts)+len(keys.SNILS)+len(keys.Phones)+len(keys.Attempts))
	for _, id := range keys.Entries {
		numbers = append(numbers, lockNumber('e', id[:]))
	}
	for _, id := range keys.Accounts {
		numbers = append(numbers, lockNumber('a', id[:]))
	}
	for _, index := range keys.SNILS {
		numbers = append(numbers, lockNumber('s', index[:]))
	}
	for _, index := range keys.Phones {
		numbers = append(numbers, lockNumber('p', index[:]))
	}
	for _, key := range keys.Attempts {
		numbers = append(numbers, lockNumber('s', key.Subject[:]))
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// lockNumber is FNV-1a without the numbers of the root. It is the same in every gateway, of every version.
func lockNumber(kind byte, key []byte) int64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(kind)) * prime
	for _, b := range key {
		h = (h ^ uint64(b)) * prime
	}
	return int64(max(h, 2)) //nolint:gosec // any other number will do
}
