package development

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// Seed is the seed of the population that a newcomer sees.
const Seed = 1

// born is what the population is made from; it is kept beside the ledger, so that the people stay who they are from day to day.
type born struct {
	Seed  uint64 `json:"seed"`
	Today string `json:"today"` // YYYY-MM-DD
}

// Population is the invented population of a data directory, made as of today when there is none.
func Population(dataDir string, clock func() time.Time) (*people.Population, error) {
	path := filepath.Join(dataDir, "population.json")
	fresh, err := json.Marshal(born{Seed: Seed, Today: person.DateOf(clock().In(partners.Moscow())).ISO()})
	if err != nil {
		return nil, err
	}
	if err := ensureFile(path, append(fresh, '\n')); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var b born
	if err := json.Unmarshal(content, &b); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	today, err := person.ParseDate(b.Today)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return people.New(people.Config{Seed: b.Seed, Today: today})
}

// Populate imports the first count accounts of the population through the portal's door, as any portal would.
// progress is called with the number of accounts settled so far.
func Populate(ctx context.Context, portal client.Profile, population *people.Population, count int, progress func(done int64)) error {
	conn, err := portal.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	state, err := accountimport.Run(ctx, accountimport.Config{
		Portal:   porukav1.NewPortalServiceClient(conn),
		Source:   &source{population: population, end: uint64(count)}, //nolint:gosec // a count is not negative
		Begin:    accountimport.State{File: accountimport.Fingerprint{Bytes: -1}, Gateway: portal.Address},
		Rejects:  "", // an invented account that is refused is a defect
		Progress: func(state accountimport.State, _ int64) { progress(state.Rows) },
		Chunk:    1000,
	})
	if err != nil {
		return err
	}
	if state.Counts.Rejected > 0 {
		return fmt.Errorf("%d of %d invented accounts were refused", state.Counts.Rejected, state.Rows)
	}
	return nil
}

// source gives the rows of a population.
type source struct {
	population *people.Population
	next, end  uint64
}

// Next gives the next row.
func (s *source) Next() (accountimport.Row, error) {
	if s.next == s.end {
		return accountimport.Row{}, io.EOF
	}
	row := accountfile.Row(s.population.Account(s.next))
	s.next++
	return accountimport.Row{Number: int64(s.next), Account: accountimport.RequestOf(&row)}, nil //nolint:gosec // far below
}

// Skip passes over n rows.
func (s *source) Skip(n int64) error {
	s.next += uint64(n) //nolint:gosec // an import never skips backwards
	return nil
}

// Offset is of no use here: there is no file.
func (*source) Offset() int64 { return 0 }
