package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// ErrNotWhole is wrapped by every finding of VerifyFooter.
var ErrNotWhole = errors.New("audit: the report is not whole")

// longestLine of a report; far more than any row takes.
const longestLine = 64 << 10

// VerifyFooter reads a report in either form and checks that it ends with a footer, that the footer is true of the bytes
// before it, and that nothing follows. Findings are ErrNotWhole; other errors are of r. It needs little memory.
func VerifyFooter(r io.Reader) (Footer, error) {
	c := checker{digest: sha256.New()}
	in := bufio.NewReaderSize(r, longestLine)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return c.finish(line)
		case errors.Is(err, bufio.ErrBufferFull):
			return Footer{}, fmt.Errorf("%w: a line is too long", ErrNotWhole)
		case err != nil:
			return Footer{}, fmt.Errorf("audit: reading the report: %w", err)
		}
		c.take(line)
	}
}

// checker keeps the last line back, since it may be the footer.
type checker struct {
	digest hash.Hash
	last   []byte
	before int64 // lines before last
}

func (c *checker) take(line []byte) {
	if len(c.last) > 0 {
		_, _ = c.digest.Write(c.last) // never fails: see hash.Hash
		c.before++
	}
	c.last = append(c.last[:0], line...)
}

func (c *checker) finish(rest []byte) (Footer, error) {
	if len(rest) > 0 {
		return Footer{}, fmt.Errorf("%w: the last line breaks off", ErrNotWhole)
	}
	footer, rows, err := c.footer()
	if err != nil {
		return Footer{}, err
	}
	if footer.Version != Version {
		return Footer{}, fmt.Errorf("%w: version %d is not known here", ErrNotWhole, footer.Version)
	}
	if rows != footer.Rows {
		return Footer{}, fmt.Errorf("%w: it has %d rows, its footer says %d", ErrNotWhole, rows, footer.Rows)
	}
	if hex.EncodeToString(c.digest.Sum(nil)) != footer.SHA256 {
		return Footer{}, fmt.Errorf("%w: its digest is not that of the footer", ErrNotWhole)
	}
	return footer, nil
}

// footer reads the last line, and tells how many rows stand before it.
func (c *checker) footer() (Footer, int64, error) {
	object, rows := bytes.TrimSuffix(c.last, []byte("\n")), c.before
	if quoted, ok := bytes.CutPrefix(object, []byte(csvFooter)); ok {
		object = bytes.ReplaceAll(bytes.TrimSuffix(quoted, []byte{'"'}), []byte(`""`), []byte{'"'})
		rows-- // one line holds the names of the columns
	}
	var read jsonFooter
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || read.Footer == nil || decoder.More() {
		return Footer{}, 0, fmt.Errorf("%w: it has no footer", ErrNotWhole)
	}
	return *read.Footer, rows, nil
}
