package people

import "math/bits"

// dice is a stream of chance (SplitMix64). It is our own so that a seed means the same population for ever.
type dice uint64

// newDice gives the stream of one person.
func newDice(seed, index uint64) dice { return dice(mix(seed+golden) ^ mix(index*golden+1)) }

const golden = 0x9E3779B97F4A7C15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (d *dice) next() uint64 {
	*d += golden
	return mix(uint64(*d))
}

// fork gives a stream of its own, so that how much is drawn from it changes nothing else.
func (d *dice) fork() dice { return dice(d.next()) }

// roll gives one of 0..n-1.
func (d *dice) roll(n int) int {
	high, _ := bits.Mul64(d.next(), uint64(n)) //nolint:gosec // n is positive
	return int(high)                           //nolint:gosec // below n
}

// between gives one of low..high.
func (d *dice) between(low, high int) int { return low + d.roll(high-low+1) }

// digits gives a number of so many digits, above zero.
func (d *dice) digits(width int) []byte {
	limit := uint64(1)
	for range width {
		limit *= 10
	}
	high, _ := bits.Mul64(d.next(), limit-1)
	return appendPadded(nil, high+1, width)
}

// chance is true in so many of a thousand cases.
func (d *dice) chance(permille int) bool { return d.roll(1000) < permille }

func pick[T any](d *dice, from []T) T { return from[d.roll(len(from))] }

// weighted gives an index with the chance of its weight.
func (d *dice) weighted(weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	at := d.roll(total)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// permute maps 0..domain-1 onto itself, scattered by key: distinct numbers stay distinct. It is a Feistel network over 30
// bits that is walked until it is back in the domain, which may be at most 2^30.
func permute(n, domain, key uint64) uint64 {
	const half, mask = 15, 1<<15 - 1
	for {
		left, right := n>>half, n&mask
		for round := range uint64(4) {
			left, right = right, left^mix(right^key+round*golden)&mask
		}
		if n = left<<half | right; n < domain {
			return n
		}
	}
}
