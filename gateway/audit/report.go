package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// Format is the form of a report.
type Format uint8

// Forms of reports.
const (
	CSV Format = iota + 1
	JSONL
)

// ContentType gives the media type.
func (f Format) ContentType() string {
	if f == JSONL {
		return "application/jsonl; charset=utf-8"
	}
	return "text/csv; charset=utf-8; header=present"
}

// Report says which report to make.
type Report struct {
	Filter ledger.Filter
	Format Format
	Size   int64 // of the log that it is about; 0 means the newest that is signed. To make a report again, give that of its checkpoint.
}

// rowsPerPage is how many entries are read at a time: each page is a short read of its own.
const rowsPerPage = 1000

// bufferSize is how much is gathered before it is written to the caller.
const bufferSize = 64 << 10

// Export writes a report to w and gives its footer. When it fails, what it wrote has no footer. Errors are faults; one of w
// is their cause.
func (s *Service) Export(ctx context.Context, r Report, w io.Writer) (Footer, error) {
	if err := check(r.Filter); err != nil {
		return Footer{}, err
	}
	if r.Format != CSV && r.Format != JSONL {
		return Footer{}, fault.InvalidFields(fault.Violation{Field: "format", Reason: fault.FieldFormat, Text: "must be CSV or JSONL"})
	}
	select {
	case s.reports <- struct{}{}:
		defer func() { <-s.reports }()
	default:
		return Footer{}, fault.New(fault.Exhausted, fault.Overloaded).After(retryReport)
	}
	at, err := s.fix(ctx, r.Size)
	if err != nil {
		return Footer{}, err
	}
	return s.write(ctx, r, at, newFile(r.Format, w))
}

// write streams page by page. An empty log has no end, and a list without an end would show what comes later: no rows.
func (s *Service) write(ctx context.Context, r Report, at fixed, f *file) (Footer, error) {
	if err := f.begin(); err != nil {
		return Footer{}, broken(ctx, err)
	}
	p := newProof(s.cfg.Log, at)
	page := ledger.Page{Until: at.until, Limit: rowsPerPage}
	wide := widened(r.Filter)
	for isEnd := at.until == ""; !isEnd; {
		entries, next, err := s.cfg.Ledger.Entries(ctx, wide, page)
		if err != nil {
			return Footer{}, refusal.Ledger(err)
		}
		if isEnd, err = f.addPage(ctx, p, within(entries, r.Filter)); err != nil {
			return Footer{}, err
		}
		page.After = next
		isEnd = isEnd || next == ""
	}
	footer := Footer{
		Version: Version, Rows: f.rows, SHA256: hex.EncodeToString(f.digest.Sum(nil)),
		From: stamp(r.Filter.From), To: stamp(r.Filter.To), Bank: string(r.Filter.Partner), Outcome: r.Filter.Outcome.String(),
	}
	if r.Filter == (ledger.Filter{}) && f.rows != at.size {
		return Footer{}, refusal.Ledger(fmt.Errorf("%w: %d entries of %d are there", errBroken, f.rows, at.size))
	}
	if err := p.end(ctx, &footer); err != nil {
		return Footer{}, refusal.Ledger(err)
	}
	if err := footer.sign(s.cfg.Key); err != nil {
		return Footer{}, refusal.Ledger(err)
	}
	if err := f.end(&footer); err != nil {
		return Footer{}, broken(ctx, err)
	}
	return footer, nil
}

// sealedAfter is how long after the end of a period its seals are looked for.
const sealedAfter = 2 * time.Hour

// widened gives a filter that chooses the seals of the period as well: that of its last hour is made after its end.
func widened(f ledger.Filter) ledger.Filter {
	if !f.To.IsZero() && f.Outcome == ledger.OutcomeNone {
		f.To = f.To.Add(sealedAfter)
	}
	return f
}

// within leaves those that f chooses, and behind them the seals of hours before its end.
func within(entries []ledger.Entry, f ledger.Filter) []ledger.Entry {
	if f.To.IsZero() || f.Outcome != ledger.OutcomeNone {
		return entries
	}
	return slices.DeleteFunc(entries, func(e ledger.Entry) bool {
		if e.DecidedAt.Before(f.To) {
			return false
		}
		seal, err := canon.ParseSeal(e.Detail)
		return e.Kind != ledger.KindSeal || err != nil || !seal.Hour.Before(f.To)
	})
}

// broken is the fault for a report that could not be handed over.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return refusal.Ledger(ctx.Err())
	}
	return refusal.Ledger(fmt.Errorf("audit: report not delivered: %w", err))
}

// file writes one report and digests it on the way.
type file struct {
	format Format
	out    *bufio.Writer
	digest hash.Hash
	line   []byte // reused
	rows   int64
}

func newFile(format Format, w io.Writer) *file {
	return &file{format: format, out: bufio.NewWriterSize(w, bufferSize), digest: sha256.New()}
}

func (f *file) begin() error {
	if f.format != CSV {
		return nil
	}
	f.line = append(f.line[:0], columns...)
	return f.put()
}

// addPage writes the rows of entries. isEnd: the rest is behind the tree that the report is about. Errors are faults.
func (f *file) addPage(ctx context.Context, p *proof, entries []ledger.Entry) (isEnd bool, err error) {
	if len(entries) == 0 {
		return false, nil
	}
	last, blocks, err := p.placer.page(ctx, entries)
	if err != nil {
		return false, refusal.Ledger(err)
	}
	for i := range entries {
		block := last
		if blocks != nil {
			block = blocks[i]
			p.placer.next = max(p.placer.next, block*ledger.BlockSize)
		}
		r, ok, err := p.row(ctx, &entries[i], block)
		if err != nil || !ok {
			return true, refusal.Ledger(err)
		}
		if err := f.add(r); err != nil {
			return true, broken(ctx, err)
		}
	}
	return false, nil
}

func (f *file) add(r *row) error {
	f.rows++
	if f.format == CSV {
		f.line = r.appendCSV(f.line[:0])
	} else {
		f.line = r.appendJSON(f.line[:0])
	}
	return f.put()
}

func (f *file) put() error {
	_, _ = f.digest.Write(f.line) // never fails: see hash.Hash
	_, err := f.out.Write(f.line)
	return err
}

func (f *file) end(footer *Footer) error {
	f.line = footer.append(f.line[:0], f.format)
	if _, err := f.out.Write(f.line); err != nil {
		return err
	}
	return f.out.Flush()
}
