package verify

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// Signed is what a checkpoint says of the log.
type Signed struct {
	Origin string
	Size   int64
	Root   [32]byte
}

// longestCheckpoint is more than any checkpoint has, cosignatures and all.
const longestCheckpoint = 64 << 10

// Checkpoint checks a checkpoint (C2SP tlog-checkpoint): some trusted key that bears the name of its origin must have signed it.
// Errors are ErrMalformed and ErrUntrusted. A checkpoint tells no time: whether a key counted then is not asked.
func Checkpoint(text []byte, keys Keys) (Signed, error) {
	if len(text) > longestCheckpoint {
		return Signed{}, fmt.Errorf("%w: too long for a checkpoint", ErrMalformed)
	}
	n, err := note.Open(text, keys.verifiers())
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified) || errors.As(err, &invalid):
		return Signed{}, ErrUntrusted
	case err != nil:
		return Signed{}, fmt.Errorf("%w: not a signed note", ErrMalformed)
	}
	s, err := parseCheckpoint(n.Text)
	if err != nil {
		return Signed{}, err
	}
	for _, signature := range n.Sigs {
		if signature.Name == s.Origin {
			return s, nil
		}
	}
	return Signed{}, ErrUntrusted
}

// parseCheckpoint reads the three lines that every checkpoint has; what follows them are extensions.
func parseCheckpoint(text string) (Signed, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return Signed{}, fmt.Errorf("%w: not a checkpoint", ErrMalformed)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Signed{}, fmt.Errorf("%w: not the size of a log", ErrMalformed)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != 32 || base64.StdEncoding.EncodeToString(root) != lines[2] {
		return Signed{}, fmt.Errorf("%w: not the root of a log", ErrMalformed)
	}
	return Signed{lines[0], size, [32]byte(root)}, nil
}

// Inclusion checks that a record stands at a position in a signed tree.
func Inclusion(record ledger.Record, position int64, in Signed, proof [][32]byte) error {
	if position < 0 || position >= in.Size || len(proof) > 63 {
		return ErrProof
	}
	if tlog.CheckRecord(hashes(proof), in.Size, in.Root, position, tlog.RecordHash(record[:])) != nil {
		return ErrProof
	}
	return nil
}

// Consistency checks that a signed tree begins with an older one of the same log.
func Consistency(older, newer Signed, proof [][32]byte) error {
	if older.Origin != newer.Origin || older.Size > newer.Size || len(proof) > 126 {
		return ErrProof
	}
	if older.Size == 0 { // every tree begins with nothing
		return nilUnless(len(proof) > 0)
	}
	if older.Size == newer.Size {
		return nilUnless(older.Root != newer.Root || len(proof) > 0)
	}
	return nilUnless(tlog.CheckTree(hashes(proof), newer.Size, newer.Root, older.Size, older.Root) != nil)
}

func nilUnless(wrong bool) error {
	if wrong {
		return ErrProof
	}
	return nil
}

func hashes(proof [][32]byte) []tlog.Hash {
	out := make([]tlog.Hash, len(proof))
	for i := range proof {
		out[i] = proof[i]
	}
	return out
}
