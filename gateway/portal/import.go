package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
)

// Row is one row of an import.
type Row struct {
	Number int64               // in the caller's file; names the row in the answer
	Read   func() (Put, error) // reads the row; rows are read on several goroutines at a time. The error is a fault
}

const (
	rowsPerPut = 256 // put in one decision
	ahead      = 8   // batches read before they are put
)

// Import puts the rows that next gives, in order, until it gives io.EOF. A bad row is counted and the rest goes on; a level is
// never lowered. An error of next, which is returned as it is, or a fault of ctx or of the ledger ends the import; what was put
// stays put, and repeating it does no harm. It holds a bounded number of rows at a time.
//
// next runs on a goroutine of its own. When Import fails it may still be waiting there: it must end when its stream does.
func (s *Service) Import(ctx context.Context, next func() ([]Row, error)) (Imported, error) {
	select {
	case s.imports <- struct{}{}:
		defer func() { <-s.imports }()
	default:
		return Imported{}, refusal.Ledger(ledger.ErrOverloaded)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &pipeline{service: s, work: make(chan *item), batches: make(chan []*item, ahead)}
	var crew sync.WaitGroup
	for range s.cfg.Workers {
		crew.Go(func() { p.read(ctx) })
	}
	go p.feed(ctx, next)
	err := p.put(ctx)
	cancel()
	crew.Wait()
	return p.sum, err
}

// item is a row on its way. ready is closed when it has been read.
type item struct {
	row   Row
	ready chan struct{}
	put   *prepared
	err   error
}

// pipeline reads rows on several goroutines and puts them in order on one.
type pipeline struct {
	service *Service
	work    chan *item
	batches chan []*item // in the order of the stream
	failed  error        // of next; belongs to feed until it closes batches
	sum     Imported
}

// feed takes rows from the stream as fast as they are put.
func (p *pipeline) feed(ctx context.Context, next func() ([]Row, error)) {
	defer close(p.batches)
	for ctx.Err() == nil {
		rows, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			p.failed = err
			return
		}
		if !p.queue(ctx, rows) {
			return
		}
	}
}

// queue hands a batch to those who read and, in order, to the one who puts.
func (p *pipeline) queue(ctx context.Context, rows []Row) bool {
	batch := make([]*item, len(rows))
	for i, row := range rows {
		batch[i] = &item{row: row, ready: make(chan struct{})}
	}
	select {
	case p.batches <- batch:
	case <-ctx.Done():
		return false
	}
	for _, it := range batch {
		select {
		case p.work <- it:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (p *pipeline) read(ctx context.Context) {
	for {
		select {
		case it := <-p.work:
			it.put, it.err = p.service.readRow(it.row)
			close(it.ready)
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) readRow(row Row) (ready *prepared, err error) {
	defer func() {
		if value := recover(); value != nil { // nobody above this goroutine would; the value may hold personal data
			err = fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: reading a row panicked with a %T", value))
		}
	}()
	asked, err := row.Read()
	if err != nil {
		return nil, err
	}
	if asked.ExpectedVersion != 0 {
		return nil, fault.InvalidFields(flaw("expectedVersion", "has no place in an import"))
	}
	if asked.AllowDecrease {
		return nil, fault.InvalidFields(flaw("allowLevelDecrease", "has no place in an import"))
	}
	if ready, err = s.prepare(asked); err != nil {
		return nil, err
	}
	ready.imported = true
	return ready, nil
}

// put stores what has been read, batch by batch, until feed has closed the line; small batches that are there already are
// put together.
func (p *pipeline) put(ctx context.Context) error {
	for batch := range p.batches {
		batch = p.more(batch)
		for _, it := range batch {
			select {
			case <-it.ready:
			case <-ctx.Done():
				return refusal.Ledger(ctx.Err())
			}
		}
		for len(batch) > 0 {
			n := min(len(batch), rowsPerPut)
			if err := p.store(ctx, batch[:n]); err != nil {
				return err
			}
			batch = batch[n:]
		}
	}
	if p.failed != nil {
		return p.failed
	}
	return refusal.Ledger(ctx.Err())
}

func (p *pipeline) more(batch []*item) []*item {
	for len(batch) < rowsPerPut {
		select {
		case further, open := <-p.batches:
			if !open {
				return batch
			}
			batch = append(batch, further...)
		default:
			return batch
		}
	}
	return batch
}

// store puts some rows in one decision. A failure that may lie in one of them is hunted down by halves.
func (p *pipeline) store(ctx context.Context, items []*item) error {
	var keys ledger.Keys
	for _, it := range items {
		if it.err == nil {
			keys.Add(it.put.keys())
		}
	}
	outcomes, err := group.Do(ctx, p.service.cfg.Committer, importLane, keys, func(v *ledger.View) ([]outcome, error) {
		outcomes := make([]outcome, len(items))
		for i, it := range items {
			if outcomes[i].err = it.err; it.err == nil {
				outcomes[i].stored, outcomes[i].err = it.put.decide(v)
			}
		}
		return outcomes, nil
	})
	if err == nil {
		for i, it := range items {
			p.sum.add(it.row.Number, outcomes[i])
		}
		return nil
	}
	refused := refusal.Ledger(err)
	if kind := fault.Of(refused).Kind; kind != fault.Internal && kind != fault.Aborted {
		return refused
	}
	if len(items) == 1 {
		p.sum.add(items[0].row.Number, outcome{err: refused})
		return nil
	}
	half := len(items) / 2
	if err := p.store(ctx, items[:half]); err != nil {
		return err
	}
	return p.store(ctx, items[half:])
}
