package audit

import (
	"context"
	"time"

	"github.com/poruka/poruka/gateway/paging"
	"github.com/poruka/poruka/ledger"
)

// Contested is an entry in which it was noticed that two banks vouched for different data of one person.
type Contested struct {
	Entry     ledger.Entry
	Conflicts []ledger.Conflict // at least one
}

// mostScanned is how many entries are looked through for one page of conflicts.
const mostScanned = 20 * mostPage

// Conflicts gives one page of entries with conflicts that were decided at or after from and before to, in the order of the ledger, and
// the token of the next page, empty on the last. size 0 means 100, more than 1000 means 1000. A page may be short, even empty, and not
// be the last: a call looks through 20,000 entries at most. Errors are faults.
func (s *Service) Conflicts(ctx context.Context, from, to time.Time, size int, token string) ([]Contested, string, error) {
	filter := ledger.Filter{From: from, To: to}
	size = paging.Size(size, usualPage, mostPage)
	var found []Contested
	for scanned := 0; scanned < mostScanned; scanned += mostPage {
		entries, next, err := s.List(ctx, filter, mostPage, token)
		if err != nil {
			return nil, "", err
		}
		for i, e := range entries {
			if conflicts := e.Conflicts(); len(conflicts) > 0 {
				found = append(found, Contested{Entry: e, Conflicts: conflicts})
			}
			if len(found) == size && i+1 < len(entries) {
				_, next, err = s.List(ctx, filter, i+1, token) // the token of this very place
				return found, next, err
			}
		}
		if token = next; token == "" || len(found) == size {
			break
		}
	}
	return found, token, nil
}
