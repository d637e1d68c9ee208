package tlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// DefaultSignEvery is how often a Signer looks for a new head.
const DefaultSignEvery = 2 * time.Second

// Refusals of a Signer. None of them goes away by itself.
var (
	// ErrRolledBack: the log is smaller than what was signed. A backup was restored, or entries were taken away.
	ErrRolledBack = errors.New("tlog: the log is smaller than what was signed of it")
	// ErrForked: the log does not begin with what was signed of it.
	ErrForked = errors.New("tlog: the log does not begin with what was signed of it")
)

// Signature is what became of one look at the head, for metrics.
type Signature struct {
	Size    int64 // signed last; 0 when nothing was
	Refused bool  // the log is not what was signed of it: nothing is signed until an operator acts
	Err     error
}

// SignerConfig is what a Signer needs.
type SignerConfig struct {
	Log         ledger.Log
	Checkpoints ledger.Checkpoints
	Key         *Key
	Older       []*Key // that have signed before: a last head and checkpoints signed by them are believed
	HeadFile    string // where this signer keeps its own last head
	Logger      *slog.Logger
	Observe     func(Signature) // optional; must not block
	Every       time.Duration   // 0 means DefaultSignEvery
	Timeout     time.Duration   // of one look; 0 means DefaultTimeout
}

// Signer signs what the log is. It believes nobody but its own last head: a new one is signed only when the tiles prove that it
// goes on from there. Make one with NewSigner.
type Signer struct {
	cfg      SignerConfig
	file     headFile
	known    note.Verifiers
	last     tlog.Tree // zero: nothing was signed
	refusing bool      // so that it is said once and loudly, and then only counted
}

// NewSigner reads the last head. A file that is there and cannot be believed is an error: to begin anew without it would be to
// forget what was signed.
func NewSigner(cfg SignerConfig) (*Signer, error) {
	if cfg.Log == nil || cfg.Checkpoints == nil || cfg.Key == nil || cfg.Logger == nil || cfg.HeadFile == "" {
		return nil, errors.New("tlog: a signer needs a log, checkpoints, a key, a file for its head and a logger")
	}
	if cfg.Every < 0 || cfg.Timeout < 0 {
		return nil, errors.New("tlog: a limit is negative")
	}
	cfg.Every, cfg.Timeout = orElse(cfg.Every, DefaultSignEvery), orElse(cfg.Timeout, DefaultTimeout)
	if cfg.Observe == nil {
		cfg.Observe = func(Signature) {}
	}
	known, err := verifiers(append([]*Key{cfg.Key}, cfg.Older...))
	if err != nil {
		return nil, err
	}
	s := &Signer{cfg: cfg, file: headFile(cfg.HeadFile), known: known}
	text, err := s.file.read()
	if err != nil {
		return nil, fmt.Errorf("tlog: the signer's last head: %w", err)
	}
	if text != nil {
		if s.last, err = openCheckpoint(text, cfg.Key.Origin(), known); err != nil {
			return nil, fmt.Errorf("tlog: the signer's last head in %s: %w", cfg.HeadFile, err)
		}
	}
	return s, nil
}

// Run signs until ctx ends, and then returns nil.
func (s *Signer) Run(ctx context.Context) error {
	for {
		s.look(ctx)
		timer := time.NewTimer(s.cfg.Every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

func (s *Signer) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	err := s.Sign(ctx)
	isRefused := errors.Is(err, ErrRolledBack) || errors.Is(err, ErrForked) || errors.Is(err, ErrBroken)
	s.cfg.Observe(Signature{Size: s.last.N, Refused: isRefused, Err: err})
	switch {
	case isRefused && !s.refusing:
		s.cfg.Logger.ErrorContext(ctx, "the signer refuses the log: no checkpoint is signed until an operator acts",
			"signed", s.last.N, "file", s.cfg.HeadFile, "error", err)
	case err != nil && !isRefused:
		s.cfg.Logger.WarnContext(ctx, "no checkpoint was signed", "error", err)
	}
	s.refusing = isRefused || (s.refusing && err != nil)
}

// Sign signs the head of the log, unless that is signed and published already. Run calls it; tests and commands may. Errors are
// ErrRolledBack, ErrForked, ErrBroken, and those of the ledger and of the file.
func (s *Signer) Sign(ctx context.Context) error {
	other, err := s.published(ctx) // before the head: so the head is never older, but after a roll-back
	if err != nil {
		return err
	}
	head, err := s.cfg.Log.LogHead(ctx)
	if err != nil {
		return err
	}
	if head.Size == 0 && s.last.N == 0 && other.N == 0 {
		return nil
	}
	if head.Size == s.last.N && head.Root == s.last.Hash && other == s.last {
		return nil
	}
	if err := s.goesOn(ctx, s.last, head); err != nil {
		return err
	}
	if err := s.goesOn(ctx, other, head); err != nil {
		return err
	}
	text, err := signCheckpoint(s.cfg.Key, head.Size, head.Root)
	if err != nil {
		return err
	}
	// First the file: what was signed and not published does no harm, what was published and forgotten might.
	if err := s.file.write(text); err != nil {
		return fmt.Errorf("tlog: the signer's last head: %w", err)
	}
	s.last = tlog.Tree{N: head.Size, Hash: head.Root}
	err = s.cfg.Checkpoints.AddCheckpoint(ctx, head.Size, head.Root, text)
	if errors.Is(err, ledger.ErrConflict) {
		return fmt.Errorf("%w: another root of %d entries was published", ErrForked, head.Size)
	}
	return err
}

// published reads the newest checkpoint, of whichever signer; the zero tree when there is none.
func (s *Signer) published(ctx context.Context) (tlog.Tree, error) {
	text, err := s.cfg.Checkpoints.Checkpoint(ctx, math.MaxInt64)
	if errors.Is(err, ledger.ErrNotFound) {
		return tlog.Tree{}, nil
	}
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := openCheckpoint(text, s.cfg.Key.Origin(), s.known)
	if err != nil {
		return tree, fmt.Errorf("%w: the newest checkpoint is none: %w", ErrForked, err)
	}
	return tree, nil
}

// goesOn proves that the head goes on from a tree.
func (s *Signer) goesOn(ctx context.Context, from tlog.Tree, head ledger.LogHead) error {
	switch {
	case head.Size < from.N:
		return fmt.Errorf("%w: %d entries instead of at least %d", ErrRolledBack, head.Size, from.N)
	case head.Size == from.N && head.Root != from.Hash:
		return fmt.Errorf("%w: another root of %d entries", ErrForked, from.N)
	}
	reader := newTileReader(ctx, s.cfg.Log)
	tree := reader.hashes(head.Size, head.Root)
	if from.N == 0 || from.N == head.Size {
		_, err := tree.ReadHashes(peaksOf(head.Size)) // the head must be that of the tiles all the same
		return reader.judge(err)
	}
	proof, err := tlog.ProveTree(head.Size, from.N, tree)
	if err != nil {
		return reader.judge(err)
	}
	if err := tlog.CheckTree(proof, head.Size, head.Root, from.N, from.Hash); err != nil {
		return fmt.Errorf("%w: %d entries, of which %d were signed", ErrForked, head.Size, from.N)
	}
	return nil
}

func verifiers(keys []*Key) (note.Verifiers, error) {
	var list []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k.VerifierKey())
		if err != nil {
			return nil, fmt.Errorf("tlog: %w", err)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}

// signCheckpoint writes a C2SP tlog-checkpoint.
func signCheckpoint(key *Key, size int64, root [32]byte) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", key.Origin(), size, base64.StdEncoding.EncodeToString(root[:]))
	return note.Sign(&note.Note{Text: text}, key)
}

// openCheckpoint reads a checkpoint that one of the known keys has signed.
func openCheckpoint(text []byte, origin string, known note.Verifiers) (tlog.Tree, error) {
	n, err := note.Open(text, known)
	if err != nil {
		return tlog.Tree{}, err
	}
	found, tree, err := parseCheckpoint(n.Text)
	if err == nil && found != origin {
		err = fmt.Errorf("it is of another log, %q", found)
	}
	return tree, err
}
