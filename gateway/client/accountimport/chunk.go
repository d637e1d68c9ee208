package accountimport

import (
	"hash/maphash"
	"strings"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// Bounds of one message. The gateway takes 64 KiB and 256 rows; the rest is room for framing.
const (
	maxMessageBytes = 60 << 10
	maxMessageRows  = 256
	rowOverhead     = 16 // tags and lengths around a row, at most, in bytes
)

// chunk is a run of rows that is settled as one.
type chunk struct {
	messages []*porukav1.ImportAccountsRequest
	rejects  []Reject // of rows that could not be read
	rows     int64    // in the chunk, rejected ones included
	put      int      // rows in messages
	end      int64    // offset in the file after the chunk
	keys     map[uint64]struct{}

	room int // bytes left in the last message
}

// readChunk reads up to limit rows. With an error, io.EOF at the end of the file among them, it returns the rows before it.
func readChunk(source Source, limit int, seed maphash.Seed) (*chunk, error) {
	c := &chunk{keys: make(map[uint64]struct{})}
	for c.rows < int64(limit) {
		row, err := source.Next()
		if err != nil {
			return c, err
		}
		c.add(row, seed)
		c.end = source.Offset()
	}
	return c, nil
}

func (c *chunk) add(row Row, seed maphash.Seed) {
	c.rows++
	if row.Account == nil {
		c.rejects = append(c.rejects, row.Rejects...)
		return
	}
	for _, key := range identifiers(row.Account) {
		c.keys[maphash.String(seed, key)] = struct{}{}
	}
	wire := &porukav1.ImportRow{Row: row.Number, Account: row.Account}
	size := proto.Size(wire) + rowOverhead
	last := len(c.messages) - 1
	if last < 0 || size > c.room || len(c.messages[last].GetRows()) == maxMessageRows {
		c.messages = append(c.messages, &porukav1.ImportAccountsRequest{})
		c.room = maxMessageBytes
		last++
	}
	c.messages[last].Rows = append(c.messages[last].Rows, wire)
	c.room -= size
	c.put++
}

// identifiers are what is unique among accounts: two rows that share one must be put in their order.
func identifiers(account *porukav1.PutAccountRequest) []string {
	keys := []string{"account " + strings.ToLower(account.GetId())}
	person := account.GetProfile().GetPerson()
	if snils := digits(person.GetSnils()); snils != "" {
		keys = append(keys, "snils "+snils)
	}
	if phone := digits(person.GetMobilePhone()); len(phone) >= 10 {
		keys = append(keys, "phone "+phone[len(phone)-10:]) // +7 916... and 8 916... are one number
	}
	return keys
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// clashes reports whether c shares an identifier with other. A false alarm, one in 2^64 a pair, costs a wait.
func (c *chunk) clashes(other *chunk) bool {
	for key := range c.keys {
		if _, shared := other.keys[key]; shared {
			return true
		}
	}
	return false
}
