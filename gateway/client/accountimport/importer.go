package accountimport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// Portal is the method of PortalService that an import needs.
type Portal interface {
	// ImportAccounts begins a call; see poruka.v1.PortalService.
	ImportAccounts(ctx context.Context, opts ...grpc.CallOption) (grpc.ClientStreamingClient[porukav1.ImportAccountsRequest, porukav1.ImportAccountsResponse], error)
}

// Config is what an import needs.
type Config struct {
	Portal   Portal
	Source   Source
	Begin    State                     // File and Gateway are required; the rest is set when the import is resumed
	Journal  string                    // path; empty: none, the import cannot be resumed
	Rejects  string                    // path; empty: refused rows are counted, not named
	Column   func(field string) string // names the file's column of a field's path; nil: the path
	Progress func(State, int64)        // called when rows are settled, with the offset in the file; one call at a time; nil: not
	Chunk    int                       // rows settled as one; 0 means 5,000
	Streams  int                       // chunks under way at the same time; 0 means 2
	Patience time.Duration             // how long chunks under way may take once ctx has ended; 0 means 30 s
	Pause    time.Duration             // before the first repetition of a failed call; doubles; 0 means 200 ms
}

// Run imports until the end of the file, an error, or the end of ctx. Ending ctx is the clean way to stop: chunks under way are
// finished and settled, and Run returns the state with the error of ctx. The state is right in every case.
func Run(ctx context.Context, config Config) (State, error) {
	setDefault(&config.Chunk, 5000)
	setDefault(&config.Streams, 2)
	setDefault(&config.Patience, 30*time.Second)
	setDefault(&config.Pause, 200*time.Millisecond)
	rejects, err := openRejects(config.Rejects, config.Begin.RejectsBytes)
	if err != nil {
		return config.Begin, err
	}
	if err := config.Source.Skip(config.Begin.Rows); err != nil {
		return config.Begin, fmt.Errorf("passing over %d rows: %w", config.Begin.Rows, err)
	}
	r := &importer{config: config, state: config.Begin, rejects: rejects}
	r.changed.L = &r.mutex
	err = r.run(ctx)
	return r.state, errors.Join(err, rejects.close())
}

func setDefault[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// importer is one run. mutex guards what is below it.
type importer struct {
	config Config

	mutex   sync.Mutex
	changed sync.Cond // a flight has landed
	flights []*flight // under way or landed but not settled, in the order of the file
	state   State
	rejects *rejectsFile
	failed  error // the first failure; no chunk leaves after it
}

// flight is a chunk under way.
type flight struct {
	*chunk
	landed  bool // answered; set under the mutex
	outcome outcome
}

func (r *importer) run(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(r.config.Patience, cancel) })()

	var underway sync.WaitGroup
	seed, whole, unread := maphash.MakeSeed(), false, error(nil)
	for ctx.Err() == nil && unread == nil && !whole {
		var c *chunk
		c, unread = readChunk(r.config.Source, r.config.Chunk, seed)
		if errors.Is(unread, io.EOF) {
			// The signal that ended ctx may have ended the other side of a pipe as well.
			whole, unread = ctx.Err() == nil, nil
		}
		if c.rows == 0 {
			continue
		}
		f := r.board(ctx, c)
		if f == nil {
			whole = false
			break
		}
		underway.Go(func() { r.fly(sending, f) })
	}
	underway.Wait()
	if r.failed != nil || unread != nil || whole {
		return errors.Join(r.failed, unread)
	}
	return ctx.Err()
}

// board waits until the chunk may leave: there is room, and none under way shares an identifier with it. Nil when it must not
// leave any more.
func (r *importer) board(ctx context.Context, c *chunk) *flight {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for r.failed == nil && !r.mayLeave(c) {
		r.changed.Wait()
	}
	if r.failed != nil || ctx.Err() != nil {
		return nil
	}
	f := &flight{chunk: c}
	r.flights = append(r.flights, f)
	return f
}

func (r *importer) mayLeave(c *chunk) bool {
	return len(r.flights) < r.config.Streams &&
		!slices.ContainsFunc(r.flights, func(f *flight) bool { return c.clashes(f.chunk) })
}

// fly puts the rows of a chunk and settles it, and the landed ones behind it, when all before it are settled.
func (r *importer) fly(ctx context.Context, f *flight) {
	var err error
	if f.put > 0 {
		f.outcome, err = r.put(ctx, f.messages)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	defer r.changed.Broadcast()
	if err != nil {
		r.fail(err)
		return
	}
	f.landed = true
	for len(r.flights) > 0 && r.flights[0].landed {
		if err := r.settle(r.flights[0]); err != nil {
			r.fail(err)
			return
		}
		r.flights = r.flights[1:]
	}
}

func (r *importer) fail(err error) {
	if r.failed == nil {
		r.failed = err
	}
}

// settle writes down what became of a chunk: first the refused rows, then, in the journal, that all its rows are done.
func (r *importer) settle(f *flight) error {
	refused := f.rejects
	for _, reject := range f.outcome.rejects {
		refused = append(refused, r.rejectOf(reject))
	}
	slices.SortStableFunc(refused, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) })
	if err := r.rejects.add(refused); err != nil {
		return err
	}
	next := r.state
	next.Rows += f.rows
	next.Counts.add(f.outcome.counts)
	next.Counts.Rejected += f.rows - int64(f.put)
	next.RejectsBytes = r.rejects.bytes
	if r.config.Journal != "" {
		if err := next.save(r.config.Journal); err != nil {
			return err
		}
	}
	r.state = next
	if r.config.Progress != nil {
		r.config.Progress(next, f.end)
	}
	return nil
}

func (r *importer) rejectOf(reject *porukav1.ImportReject) Reject {
	column := reject.GetField()
	if r.config.Column != nil {
		column = r.config.Column(column)
	}
	return Reject{Row: reject.GetRow(), Column: column, Reason: reject.GetReason(), Text: reject.GetText()}
}
