package accountfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds a line, in bytes. The longest row that the portal takes has about 2 KiB.
const maxLine = 64 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// lines reads lines in bounded memory.
type lines struct {
	input  *bufio.Reader
	offset int64 // bytes read
}

// newLines passes over a byte order mark.
func newLines(input io.Reader) (*lines, error) {
	l := &lines{input: bufio.NewReaderSize(input, maxLine)}
	mark, err := l.input.Peek(len(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(mark, byteOrderMark) {
		n, _ := l.input.Discard(len(mark)) // was peeked at
		l.offset = int64(n)
	}
	return l, nil
}

// next gives the next line that is not blank, without its end. tooLong says that it is longer than maxLine; its text is
// passed over then. The line is valid until the next call.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	for {
		line, tooLong, err = l.one()
		if err != nil || tooLong {
			return line, tooLong, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) > 0 {
			return line, false, nil
		}
	}
}

func (l *lines) one() ([]byte, bool, error) {
	line, err := l.input.ReadSlice('\n')
	l.offset += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, true, l.passOver()
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return line, false, err
}

// passOver reads to the end of the line.
func (l *lines) passOver() error {
	for {
		rest, err := l.input.ReadSlice('\n')
		l.offset += int64(len(rest))
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// first tells the first byte that is not blank, without reading; zero at the end.
func (l *lines) first() byte {
	for n := 1; n <= maxLine; n++ {
		ahead, err := l.input.Peek(n)
		if err != nil {
			return 0
		}
		if b := ahead[n-1]; b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b
		}
	}
	return 0
}
