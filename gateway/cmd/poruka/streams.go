package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// streams are what a command reads from and writes to. Results go to Out; progress, notes and complaints go to Err, so that
// a pipe gets results alone.
type streams struct {
	In          io.Reader
	Out, Err    io.Writer
	InTerminal  bool // In is a terminal
	Terminal    bool // Out is a terminal
	ErrTerminal bool // Err is a terminal
	JSON        bool // --json: the result is one JSON object (or one a line) on Out
	Colour      bool // Out is a terminal that takes colours
}

// standardStreams are those of the process. NO_COLOR and TERM=dumb switch colours off; see no-color.org.
func standardStreams() *streams {
	out := isatty.IsTerminal(os.Stdout.Fd())
	return &streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal:  isatty.IsTerminal(os.Stdin.Fd()),
		Terminal:    out,
		ErrTerminal: isatty.IsTerminal(os.Stderr.Fd()),
		Colour:      out && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

// notef writes a line for people.
func (s *streams) notef(format string, args ...any) { fmt.Fprintf(s.Err, format+"\n", args...) }

// printJSON writes v as one JSON object: indented on a terminal, one line in a pipe.
func (s *streams) printJSON(v any) error {
	encoder := json.NewEncoder(s.Out)
	encoder.SetEscapeHTML(false)
	if s.Terminal {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
