package people

import (
	"encoding/binary"
	"encoding/hex"
)

// Keys of the permutations, so that a person's numbers have nothing to do with each other.
const (
	snilsKey = 0x5a11 + iota
	innKey
	phoneKey
	idKey
)

const (
	firstChecked = 1_001_999                    // the first SNILS number whose check digits mean something
	snilsDomain  = 999_000_000 - firstChecked   // SNILS numbers in use
	innDomain    = 1_000_000_000                // 1,000 tax offices of 1,000,000 numbers
	phoneDomain  = 1_000_000_000                // +7 9 and nine digits
	_            = uint(1<<30 - innDomain)      // what permute can do
	_            = uint(snilsDomain - MaxCount) // enough for everybody
)

// MaxCount is how many persons a population can have.
const MaxCount = 900_000_000

// snils gives the number of a person in its printed form.
func (p *Population) snils(index uint64) string {
	return PrintSNILS(permute(index, snilsDomain, p.seed+snilsKey) + firstChecked)
}

// PrintSNILS adds the check digits to a number of nine digits and prints it, as in 112-233-445 95. No person of any population
// has a number from 999000000 on.
func PrintSNILS(n uint64) string {
	var text [14]byte
	sum := uint64(0)
	for place := 8; place >= 0; place-- {
		digit := n % 10
		n /= 10
		sum += digit * uint64(9-place)
		text[place+place/3] = '0' + byte(digit)
	}
	check := sum % 101 % 100
	text[3], text[7], text[11] = '-', '-', ' '
	text[12], text[13] = '0'+byte(check/10), '0'+byte(check%10)
	return string(text[:])
}

// innWeights are those of the second check digit; the first uses them from the second on.
var innWeights = [...]int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}

// inn gives the taxpayer number of a person: tax office, number, two check digits.
func (p *Population) inn(index uint64) string {
	n := permute(index, innDomain, p.seed+innKey)
	place := regions[n/1_000_000%uint64(len(regions))]
	text := append(make([]byte, 0, 10), place.code...)
	text = appendPadded(text, n/1_000_000/uint64(len(regions))+1, 2) // of the offices of the region
	return CompleteINN(string(appendPadded(text, n%1_000_000, 6)))
}

// CompleteINN adds the check digits to the first ten digits of a person's taxpayer number.
func CompleteINN(ten string) string {
	text := append(make([]byte, 0, 12), ten...)
	for len(text) < 12 {
		sum := 0
		for i, weight := range innWeights[len(innWeights)-len(text):] {
			sum += weight * int(text[i]-'0')
		}
		text = append(text, '0'+byte(sum%11%10))
	}
	return string(text)
}

// phone gives a mobile number in E.164.
func (p *Population) phone(index uint64) string {
	return string(appendPadded([]byte("+79"), permute(index, phoneDomain, p.seed+phoneKey), 9))
}

// accountID gives a UUID of version 8. Two of one population differ, since mix loses nothing.
func (p *Population) accountID(index uint64) string {
	var id [16]byte
	scattered := mix(index ^ mix(p.seed+idKey))
	binary.BigEndian.PutUint64(id[:8], scattered)
	binary.BigEndian.PutUint64(id[8:], mix(scattered+golden))
	id[9] = id[6]&0xf0 | id[9]&0x0f // what the version takes away
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// appendPadded appends the last width digits of n.
func appendPadded(text []byte, n uint64, width int) []byte {
	start := len(text)
	for range width {
		text = append(text, '0')
	}
	for i := start + width - 1; i >= start; i-- {
		text[i] += byte(n % 10)
		n /= 10
	}
	return text
}
