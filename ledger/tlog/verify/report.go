package verify

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// Finding is the first thing that is wrong with a report.
type Finding struct {
	// Row counts from 1, without the line of the column names. 0: it is about the report as a whole. When it cannot be said which of
	// several rows it is, Row is the first of them and Last the last.
	Row, Last int64
	Position  int64 // in the log, of Row; -1 when it has none
	What      string
}

// Error says where and what.
func (f *Finding) Error() string {
	switch {
	case f.Row == 0:
		return "verify: the report: " + f.What
	case f.Last > f.Row:
		return fmt.Sprintf("verify: rows %d to %d, from position %d: %s", f.Row, f.Last, f.Position, f.What)
	case f.Position < 0:
		return fmt.Sprintf("verify: row %d: %s", f.Row, f.What)
	default:
		return fmt.Sprintf("verify: row %d, position %d: %s", f.Row, f.Position, f.What)
	}
}

// Verified is what a report is that holds.
type Verified struct {
	Rows   int64
	SHA256 [32]byte // of the bytes before the footer
	Filter ledger.Filter
	Log    Signed // the tree in which every row was found
	Key    Key    // that has signed the manifest
	Seals  Seals
}

// longestLine of a report; far more than any row or footer takes.
const longestLine = 64 << 10

// Report checks a report in either form: that every row is in the log under the checkpoint that the report carries, that rows stand in
// the order of the log, and that the manifest, which tells the filter, is signed. It streams and needs little memory. A report that does
// not hold gives a *Finding; other errors are of r. progress, when not nil, is told how many rows and bytes were read, now and then.
func Report(r io.Reader, keys Keys, progress func(rows, bytes int64)) (Verified, error) {
	c := &checker{reader: newReader(), digest: sha256.New(), progress: progress}
	in := bufio.NewReaderSize(r, longestLine)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) > 0:
			return Verified{}, overall("its last line breaks off")
		case errors.Is(err, io.EOF):
			return Verified{}, overall("it has no footer: it was cut off")
		case errors.Is(err, bufio.ErrBufferFull):
			return Verified{}, overall("a line is too long")
		case err != nil:
			return Verified{}, fmt.Errorf("verify: reading the report: %w", err)
		}
		text := line[:len(line)-1]
		if object, isCSV, ok := footerJSON(text); ok {
			if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
				return Verified{}, overall("something follows its footer")
			}
			return c.finish(object, isCSV, keys)
		}
		if err := c.line(line, text); err != nil {
			return Verified{}, err
		}
	}
}

// checker goes through a report.
type checker struct {
	reader   *reader
	digest   hash.Hash
	progress func(rows, bytes int64)

	begun bool
	isCSV bool
	rows  int64
	bytes int64

	walk       walk
	last       int64 // position of the last row
	dense      int64 // first position without a row
	blockBegin int64 // number of the first row in the block of last
	beginsAt   int64 // its position
	facts      []byte
	chosen     chosen
	seals      sealing
}

// progressEvery: a power of two of rows.
const progressEvery = 1 << 12

func (c *checker) line(line, text []byte) error {
	_, _ = c.digest.Write(line) // never fails: see hash.Hash
	c.bytes += int64(len(line))
	if !c.begun {
		c.begun = true
		if c.isCSV = !bytes.HasPrefix(text, []byte("{")); c.isCSV {
			if string(text) != columns {
				return overall("it does not begin with the names of the columns")
			}
			return nil
		}
	}
	c.rows++
	parse := c.reader.jsonl
	if c.isCSV {
		parse = c.reader.csv
	}
	row, err := parse(text)
	if err != nil {
		return &Finding{Row: c.rows, Position: -1, What: err.Error()}
	}
	if c.progress != nil && c.rows%progressEvery == 0 {
		c.progress(c.rows, c.bytes)
	}
	return c.row(row)
}

// row takes a row into the walk.
func (c *checker) row(r *row) error {
	wrong := func(format string, args ...any) error {
		return &Finding{Row: c.rows, Position: r.position, What: fmt.Sprintf(format, args...)}
	}
	c.facts = canon.AppendFacts(c.facts[:0], r.entry)
	record := canon.RecordOf(c.facts, r.rest)
	leaf := tlog.RecordHash(record[:])
	switch {
	case leaf != r.leaf:
		return wrong("it was altered: its facts do not give its leaf")
	case c.rows > 1 && r.position == c.last:
		return wrong("it stands there twice, or in the place of another")
	case c.rows > 1 && r.position < c.last:
		return wrong("it is out of order: it stands behind a row of position %d", c.last)
	case r.position >= maxSize:
		return wrong("no log is that long")
	}
	if want := covers(c.walk.at, r.position); want != len(r.gap) {
		return wrong("rows before it are missing or foreign: between it and position %d there should be %d hashes, not %d", c.walk.at, want, len(r.gap))
	}
	c.walk.skip(r.position, r.gap)
	if err := c.enter(r, wrong); err != nil {
		return err
	}
	c.walk.leaf(leaf)
	if c.last = r.position; c.dense == c.last {
		c.dense++
	}
	c.chosen.add(c.rows, &r.entry)
	return c.seals.add(r)
}

// maxSize is more than any log has.
const maxSize = 1 << 56

// enter closes the block before, when a row begins another.
func (c *checker) enter(r *row, wrong func(string, ...any) error) error {
	isNew := c.rows == 1 || r.position/ledger.BlockSize != c.last/ledger.BlockSize
	switch {
	case r.hasBlock != (isNew && c.rows > 1):
		return wrong("the root of the block before it is missing or foreign: rows before it were taken away or added")
	case !isNew:
		return nil
	}
	if r.hasBlock {
		if err := c.close(r.block); err != nil {
			return err
		}
	}
	c.blockBegin, c.beginsAt = c.rows, r.position
	return nil
}

// close compares the block of the last row with its root. The row that was read last is not in it.
func (c *checker) close(root tlog.Hash) error {
	if c.walk.blockRoot(c.last/ledger.BlockSize) == root {
		return nil
	}
	return c.blockFinding(c.rows - 1)
}

func (c *checker) blockFinding(last int64) error {
	return &Finding{
		Row: c.blockBegin, Last: last, Position: c.beginsAt,
		What: "a row was altered, or is foreign or missing: with the hashes beside them they do not give the root of their block",
	}
}

// finish judges what only the manifest tells.
func (c *checker) finish(object []byte, isCSV bool, keys Keys) (v Verified, err error) {
	m, signed, err := parseManifest(object)
	if err != nil {
		return v, err
	}
	if !c.begun && isCSV || c.begun && c.isCSV != isCSV {
		return v, overall("its footer is of another form than its rows")
	}
	v.Rows, v.SHA256 = c.rows, [32]byte(c.digest.Sum(nil))
	if v.Log, err = Checkpoint([]byte(m.Checkpoint), keys); err != nil {
		return v, overall("its checkpoint: %v", err)
	}
	if err := c.complete(&m, v.Log); err != nil {
		return v, err
	}
	if v.Filter, err = m.filter(); err != nil {
		return v, err
	}
	if err := c.chosen.judge(v.Filter); err != nil {
		return v, err
	}
	if v.Filter == (ledger.Filter{}) && c.rows != v.Log.Size {
		return v, overall("rows are missing: it is about everything in a log of %d entries, and has %d; the first that is missing is that of position %d",
			v.Log.Size, c.rows, c.dense)
	}
	if m.Rows != c.rows {
		return v, overall("it has %d rows, its footer says %d", c.rows, m.Rows)
	}
	if want, err := m.digest(); err != nil || want != v.SHA256 {
		return v, overall("the digest of its rows is not that of the footer")
	}
	if v.Key, err = m.signer(v.Log.Origin, signed, keys); err != nil {
		return v, err
	}
	if c.progress != nil {
		c.progress(c.rows, c.bytes)
	}
	v.Seals, err = c.seals.judge(v.Filter)
	return v, err
}

// complete goes on to the end of the log and compares the root.
func (c *checker) complete(m *manifest, log Signed) error {
	block, gap, err := m.proof()
	if err != nil {
		return err
	}
	if c.walk.at > log.Size {
		return &Finding{Row: c.rows, Position: c.last, What: fmt.Sprintf("its position is behind the signed log, which has %d entries", log.Size)}
	}
	if want := covers(c.walk.at, log.Size); want != len(gap) {
		return overall("rows are missing or foreign behind row %d: up to the end of the log there should be %d hashes, not %d", c.rows, want, len(gap))
	}
	c.walk.skip(log.Size, gap)
	if (c.rows > 0) != (m.Block != "") {
		return overall("its footer has no root of the last block, or has one too many")
	}
	if c.rows > 0 && c.walk.blockRoot(c.last/ledger.BlockSize) != block {
		return c.blockFinding(c.rows)
	}
	if c.walk.root() != log.Root {
		return overall("its rows and hashes do not lead to the root that the checkpoint signs: something was altered together with the root of its block")
	}
	return nil
}
