package accountfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Format is the form of a file.
type Format string

// Formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// FormatOf tells the format by a file's name; false when the name does not tell.
func FormatOf(path string) (Format, bool) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return CSV, true
	case ".jsonl", ".ndjson":
		return JSONL, true
	default:
		return "", false
	}
}

// Config is what a Reader needs.
type Config struct {
	Input  io.Reader
	Format Format // empty: JSONL when the first character is a brace, otherwise CSV
}

// Record is one line of a file.
type Record struct {
	Number   int64 // of the record, from 1; neither the header nor blank lines count
	Row      Row
	Problems []Problem // why the line is no row; Row must not be used then
}

// Reader reads a file from its beginning. It is not safe for concurrent use.
type Reader struct {
	lines  *lines
	decode func(line string) (cells, []Problem)
	number int64
}

// New begins to read. It reads the header of a CSV file and fails with ErrHeader when that is malformed.
func New(config Config) (*Reader, error) {
	l, err := newLines(config.Input)
	if err != nil {
		return nil, fmt.Errorf("accounts file: %w", err)
	}
	r := &Reader{lines: l, decode: decodeJSON}
	if config.Format == JSONL || config.Format == "" && l.first() == '{' {
		return r, nil
	}
	header, tooLong, err := l.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: the file is empty", ErrHeader)
	case err != nil:
		return nil, fmt.Errorf("accounts file: %w", err)
	case tooLong:
		return nil, fmt.Errorf("%w: the first line is longer than %d bytes", ErrHeader, maxLine)
	}
	decoder, err := newCSVDecoder(string(header))
	if err != nil {
		return nil, err
	}
	r.decode = decoder.decode
	return r, nil
}

// Next reads the next record, or gives io.EOF. A line that is no row is no error: see Record.Problems. Any other error
// means that the rest of the file cannot be read.
func (r *Reader) Next() (Record, error) {
	line, tooLong, err := r.next()
	if err != nil {
		return Record{}, err
	}
	record := Record{Number: r.number}
	switch {
	case tooLong:
		record.Problems = whole(fmt.Sprintf("the line is longer than %d bytes", maxLine))
	case !utf8.Valid(line):
		record.Problems = whole("the line is not UTF-8")
	default:
		texts, problems := r.decode(string(line))
		if problems != nil {
			record.Problems = problems
			break
		}
		record.Row, record.Problems = texts.row()
	}
	return record, nil
}

// Skip passes over n records. It fails with io.ErrUnexpectedEOF when there are fewer.
func (r *Reader) Skip(n int64) error {
	for range n {
		_, _, err := r.next()
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Offset is how far the file has been read, in bytes: the end of the last record.
func (r *Reader) Offset() int64 { return r.lines.offset }

func (r *Reader) next() ([]byte, bool, error) {
	line, tooLong, err := r.lines.next()
	if errors.Is(err, io.EOF) {
		return nil, false, io.EOF
	}
	if err != nil {
		return nil, false, fmt.Errorf("accounts file: after record %d: %w", r.number, err)
	}
	r.number++
	return line, tooLong, nil
}

// Header is what a file begins with: the names of the columns in CSV, nothing in JSONL.
func (f Format) Header() []byte {
	if f == JSONL {
		return nil
	}
	return []byte(strings.Join(columnNames[:], ",") + "\n")
}

// Append writes a row as one line to the end of file, and returns that.
func (f Format) Append(file []byte, row *Row) []byte {
	texts := row.cells()
	if f == JSONL {
		return texts.appendJSON(file)
	}
	return texts.appendCSV(file)
}
