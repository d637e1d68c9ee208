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
	"strconv"
	"strings"
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
	line := string(bytes.TrimSuffix(c.last, []byte("\n")))
	if text, ok := strings.CutPrefix(line, csvFooter+","); ok {
		footer, err := parseCSVFooter(text)
		return footer, c.before - 1, err // one line holds the names of the columns
	}
	var object jsonFooter
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&object); err != nil || object.Footer == nil || decoder.More() {
		return Footer{}, 0, fmt.Errorf("%w: it has no footer", ErrNotWhole)
	}
	return *object.Footer, c.before, nil
}

func parseCSVFooter(text string) (Footer, error) {
	var f Footer
	var version, rows string
	names := [...]string{"rows", "sha256", "version", "from", "to", "bank", "outcome", "head"}
	values := [...]*string{&rows, &f.SHA256, &version, &f.From, &f.To, &f.Bank, &f.Outcome, &f.Head}
	parts := strings.Split(text, ",")
	if len(parts) != len(names) {
		return f, fmt.Errorf("%w: its footer is malformed", ErrNotWhole)
	}
	for i, part := range parts {
		value, ok := strings.CutPrefix(part, names[i]+"=")
		if !ok {
			return f, fmt.Errorf("%w: its footer lacks %s", ErrNotWhole, names[i])
		}
		*values[i] = value
	}
	var errRows, errVersion error
	f.Rows, errRows = strconv.ParseInt(rows, 10, 64)
	f.Version, errVersion = strconv.Atoi(version)
	if errRows != nil || errVersion != nil {
		return f, fmt.Errorf("%w: its footer is malformed", ErrNotWhole)
	}
	return f, nil
}
