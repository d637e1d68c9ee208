package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
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
	Head   ledger.Cursor // the last entry to look at; empty means the newest. To make a report again, give that of its footer.
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
	if r.Head == "" {
		head, err := s.ledger.Head(ctx)
		if err != nil {
			return Footer{}, refusal.Ledger(err)
		}
		r.Head = head
	}
	return s.write(ctx, r, newFile(r.Format, w))
}

// write streams page by page. An empty ledger has no head, and a list without an end would show what comes later: no rows.
func (s *Service) write(ctx context.Context, r Report, f *file) (Footer, error) {
	if err := f.begin(); err != nil {
		return Footer{}, broken(ctx, err)
	}
	page := ledger.Page{Until: r.Head, Limit: rowsPerPage}
	for r.Head != "" {
		entries, next, err := s.ledger.Entries(ctx, r.Filter, page)
		if err != nil {
			return Footer{}, refusal.Ledger(err)
		}
		for _, e := range entries {
			if err := f.add(e); err != nil {
				return Footer{}, broken(ctx, err)
			}
		}
		if next == "" {
			break
		}
		page.After = next
	}
	footer, err := f.end(r)
	if err != nil {
		return Footer{}, broken(ctx, err)
	}
	return footer, nil
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
	f.line = appendCSV(f.line[:0], columns)
	return f.put()
}

func (f *file) add(e ledger.Entry) (err error) {
	f.rows++
	if f.format == CSV {
		f.line = appendCSV(f.line[:0], rowOf(e).cells())
	} else if f.line, err = appendJSON(f.line[:0], rowOf(e)); err != nil {
		return err
	}
	return f.put()
}

func (f *file) put() error {
	_, _ = f.digest.Write(f.line) // never fails: see hash.Hash
	_, err := f.out.Write(f.line)
	return err
}

func (f *file) end(r Report) (footer Footer, err error) {
	footer = Footer{
		Rows: f.rows, SHA256: hex.EncodeToString(f.digest.Sum(nil)), Version: Version,
		From: stamp(r.Filter.From), To: stamp(r.Filter.To), Bank: string(r.Filter.Partner), Outcome: r.Filter.Outcome.String(),
		Head: string(r.Head),
	}
	if f.line, err = footer.append(f.line[:0], f.format); err != nil {
		return footer, err
	}
	if _, err = f.out.Write(f.line); err != nil {
		return footer, err
	}
	return footer, f.out.Flush()
}

// Version of the form of reports.
const Version = 1

// Footer is the last line of a report.
type Footer struct {
	Rows    int64  `json:"rows"`
	SHA256  string `json:"sha256"` // of every byte before the footer, lower-case hexadecimal
	Version int    `json:"version"`
	From    string `json:"from"` // the filter; parts that choose everything are empty
	To      string `json:"to"`
	Bank    string `json:"bank"`
	Outcome string `json:"outcome"`
	Head    string `json:"head"` // of the ledger, when the report was made; empty when the ledger was
}

// jsonFooter is the footer's line in JSONL.
type jsonFooter struct {
	Footer *Footer `json:"footer"`
}

const csvFooter = "#footer"

func (f Footer) append(dst []byte, format Format) ([]byte, error) {
	if format == JSONL {
		return appendJSON(dst, jsonFooter{&f})
	}
	dst = append(dst, csvFooter...)
	for _, pair := range [...][2]string{
		{"rows", strconv.FormatInt(f.Rows, 10)},
		{"sha256", f.SHA256},
		{"version", strconv.Itoa(f.Version)},
		{"from", f.From},
		{"to", f.To},
		{"bank", f.Bank},
		{"outcome", f.Outcome},
		{"head", f.Head},
	} {
		dst = append(append(append(append(dst, ','), pair[0]...), '='), pair[1]...)
	}
	return append(dst, '\n'), nil
}
