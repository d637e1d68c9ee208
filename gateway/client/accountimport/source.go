package accountimport

import (
	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// Row is one row of the file: an account, or why there is none.
type Row struct {
	Number  int64                       // from 1
	Account *porukav1.PutAccountRequest // nil when the row could not be read
	Rejects []Reject                    // why; empty when there is an account
}

// Reject is why a row was refused.
type Reject struct {
	Row    int64
	Column string // of the file; empty when it is the row as a whole
	Reason string // stable name, as in poruka.v1.Reason.Code
	Text   string // what is wrong; holds no value of the row
}

// Source gives the rows of a file in their order.
type Source interface {
	// Next gives the next row, or io.EOF. Any other error means that the rest of the file cannot be read.
	Next() (Row, error)
	// Skip passes over n rows. It fails when there are fewer.
	Skip(n int64) error
	// Offset is how far the file has been read, in bytes.
	Offset() int64
}

// Counts are what became of rows.
type Counts struct {
	Created    int64 `json:"created"`
	Updated    int64 `json:"updated"`
	Unchanged  int64 `json:"unchanged"`
	LevelsKept int64 `json:"levelsKept"` // of those put: a higher level was kept
	Rejected   int64 `json:"rejected"`
}

func (c *Counts) add(other Counts) {
	c.Created += other.Created
	c.Updated += other.Updated
	c.Unchanged += other.Unchanged
	c.LevelsKept += other.LevelsKept
	c.Rejected += other.Rejected
}

// rows is how many rows the counts are of.
func (c *Counts) rows() int64 { return c.Created + c.Updated + c.Unchanged + c.Rejected }
