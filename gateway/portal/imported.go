package portal

import "github.com/poruka/poruka/gateway/fault"

// MaxRejects is how many refused rows the answer to an import names.
const MaxRejects = 1000

// Imported is what an import did.
type Imported struct {
	Created, Updated, Unchanged int64
	LevelsKept                  int64 // of those put
	Rejected                    int64
	Rejects                     []Reject // the first MaxRejects, in the order of the stream
}

// Reject says why a row was refused.
type Reject struct {
	Row    int64
	Field  string // path in the row; empty when it is the row as a whole
	Reason fault.Reason
	Text   string // what is wanted, in English, never a value; empty when the reason says it all
}

// outcome is what became of one row.
type outcome struct {
	stored Stored
	err    error
}

func (i *Imported) add(row int64, o outcome) {
	if o.err != nil {
		i.Rejected++
		if len(i.Rejects) < MaxRejects {
			i.Rejects = append(i.Rejects, rejectOf(row, fault.Of(o.err)))
		}
		return
	}
	switch o.stored.Result {
	case Created:
		i.Created++
	case Updated:
		i.Updated++
	case Unchanged:
		i.Unchanged++
	}
	if o.stored.LevelKept {
		i.LevelsKept++
	}
}

func rejectOf(row int64, f *fault.Fault) Reject {
	if len(f.Violations) == 0 {
		return Reject{Row: row, Reason: f.Reason}
	}
	first := f.Violations[0]
	return Reject{Row: row, Field: first.Field, Reason: first.Reason, Text: first.Text}
}
