package tlog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	formats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// grown is a world whose log has n entries.
func grown(t *testing.T, n int) *world {
	t.Helper()
	w := newWorld(t)
	w.grow(n)
	return w
}

func (w *world) grow(n int) {
	w.Helper()
	w.store(w.scribe(), n)
	w.integrate(w.memory, time.Second)
}

func TestCheckpointsAreReadByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := grown(t, 300)
		must(t, w.signer(t.TempDir()).Sign(t.Context()))
		text, err := w.memory.Checkpoint(t.Context(), 300)
		must(t, err)
		verifier, err := note.NewVerifier(w.key.VerifierKey())
		must(t, err)
		read, rest, _, err := formats.ParseCheckpoint(text, origin, verifier)
		head := w.head()
		if err != nil || read.Size != 300 || string(read.Hash) != string(head.Root[:]) || read.Origin != origin || len(rest) > 0 {
			t.Errorf("transparency-dev reads %+v, rest %q, %v", read, rest, err)
		}
		if signed := w.published(); signed != (verify.Signed{Origin: origin, Size: 300, Root: head.Root}) {
			t.Errorf("verify reads %+v", signed)
		}
	})
}

func TestASignerGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := newWorld(t), t.TempDir()
		must(t, w.signer(dir).Sign(t.Context()))
		if _, err := w.memory.Checkpoint(t.Context(), 1<<62); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("a log without entries has a checkpoint: %v", err)
		}
		for _, n := range []int{1, 255, 1, 300} {
			w.grow(n)
			must(t, w.signer(dir).Sign(t.Context()))
			must(t, w.signer(dir).Sign(t.Context())) // the same again
			if w.published().Size != w.head().Size {
				t.Errorf("published %d, the log has %d", w.published().Size, w.head().Size)
			}
		}
		another := w.signer(t.TempDir()) // of another server: it believes what is published, and signs on
		w.grow(5)
		must(t, another.Sign(t.Context()))
		must(t, w.signer(dir).Sign(t.Context()))
	})
}

func TestRotationOfTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := grown(t, 3), t.TempDir()
		must(t, w.signer(dir).Sign(t.Context()))
		rotated, _, err := w.ring.Rotate(seal.Log)
		must(t, err)
		key, err := tlog.NewKey(origin, rotated)
		must(t, err)
		older, err := tlog.Keys(origin, rotated)
		must(t, err)
		w.grow(3)
		must(t, w.signer(dir, func(c *tlog.SignerConfig) { c.Key, c.Older = key, older }).Sign(t.Context()))
		w.keys = trusted(t, rotated)[:1]
		if w.published().Size != 6 {
			t.Error("the new key has not signed")
		}
		if _, err := tlog.NewSigner(tlog.SignerConfig{
			Log: w.memory, Checkpoints: w.memory, Key: w.key, HeadFile: filepath.Join(dir, "log.head"), Logger: textLogger(&strings.Builder{}),
		}); err == nil {
			t.Error("a signer that does not know the key believes the head that it signed")
		}
	})
}

// other is a ledger with another history.
func (w *world) other(n int) *ledgertest.Memory {
	fork := &world{TB: w.TB, memory: &ledgertest.Memory{}, ring: w.ring, key: w.key, keys: w.keys, made: 1 << 20}
	if n > 0 {
		fork.grow(n)
	}
	return fork.memory
}

func TestASignerRefusesWhatDoesNotGoOn(t *testing.T) {
	tests := map[string]struct {
		log  func(w *world) ledger.Log // after 300 entries were signed
		want error
	}{
		"an older backup":              {func(w *world) ledger.Log { return w.other(299) }, tlog.ErrRolledBack},
		"an empty ledger":              {func(w *world) ledger.Log { return w.other(0) }, tlog.ErrRolledBack},
		"another root":                 {func(w *world) ledger.Log { return w.other(300) }, tlog.ErrForked},
		"another history that is on":   {func(w *world) ledger.Log { return w.other(600) }, tlog.ErrForked},
		"a head that is not the tiles": {func(w *world) ledger.Log { w.grow(9); w.lie(); return w.memory }, tlog.ErrBroken},
	}
	for name, test := range tests {
		for _, isFirst := range []bool{false, true} { // a signer that never signed has what is published
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, dir := grown(t, 300), t.TempDir()
					must(t, w.signer(dir).Sign(t.Context()))
					before, _ := w.memory.Checkpoint(t.Context(), 1<<62)
					log := test.log(w)
					if isFirst {
						dir = t.TempDir()
					}
					var told strings.Builder
					var seen []tlog.Signature
					s := w.signer(dir, func(c *tlog.SignerConfig) {
						c.Log, c.Logger, c.Observe = log, textLogger(&told), func(s tlog.Signature) { seen = append(seen, s) }
					})
					if !isFirst { // what is published was lost as well
						s = w.signer(dir, func(c *tlog.SignerConfig) {
							c.Log, c.Checkpoints = log, &ledgertest.Memory{}
							c.Logger, c.Observe = textLogger(&told), func(s tlog.Signature) { seen = append(seen, s) }
						})
					}
					run(t, s, time.Minute)
					last := seen[len(seen)-1]
					if !errors.Is(last.Err, test.want) || !last.Refused || len(seen) < 10 {
						t.Errorf("refused %v by %v, want %v", last.Refused, last.Err, test.want)
					}
					if strings.Count(told.String(), "level=ERROR") != 1 {
						t.Errorf("the log file says %q", told.String())
					}
					if after, _ := w.memory.Checkpoint(t.Context(), 1<<62); string(after) != string(before) {
						t.Error("a checkpoint was published")
					}
				})
			})
		}
	}
}

func run(t *testing.T, s *tlog.Signer, long time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	time.Sleep(long)
	synctest.Wait()
	cancel()
	must(t, <-done)
}

// lie changes the root of the head, and nothing else.
func (w *world) lie() {
	head := w.head()
	next := head
	next.Root[0] ^= 1
	must(w, w.memory.AdvanceLog(context.Background(), ledger.LogStep{From: head, To: next}))
}

func TestOneSizeHasOneRoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := grown(t, 10)
		must(t, w.memory.AddCheckpoint(t.Context(), 10, [32]byte{1}, []byte("another")))
		if err := w.signer(t.TempDir()).Sign(t.Context()); !errors.Is(err, tlog.ErrForked) {
			t.Errorf("signed a second root of one size: %v", err)
		}
	})
}

func TestAHeadThatCannotBeReadIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := grown(t, 10), t.TempDir()
		must(t, w.signer(dir).Sign(t.Context()))
		path := filepath.Join(dir, "log.head")
		text, err := os.ReadFile(path)
		must(t, err)
		for i, wrong := range []string{"", "x", strings.Replace(string(text), "\n10\n", "\n9\n", 1), string(text[:len(text)-9])} {
			must(t, os.WriteFile(path, []byte(wrong), 0o600))
			_, err := tlog.NewSigner(tlog.SignerConfig{
				Log: w.memory, Checkpoints: w.memory, Key: w.key, HeadFile: path, Logger: textLogger(&strings.Builder{}),
			})
			if err == nil {
				t.Errorf("head %d is believed", i)
			}
		}
		must(t, os.Remove(path))
		w.signer(dir)
		if _, err := tlog.NewSigner(tlog.SignerConfig{}); err == nil {
			t.Error("a signer of nothing")
		}
	})
}

// A signer that is cut off between its file and the ledger publishes later.
func TestWhatWasSignedIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, dir := grown(t, 10), t.TempDir()
		s := w.signer(dir, func(c *tlog.SignerConfig) { c.Checkpoints = deaf{w.memory} })
		if err := s.Sign(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("signing while nothing can be stored: %v", err)
		}
		must(t, w.signer(dir).Sign(t.Context()))
		if w.published().Size != 10 {
			t.Error("nothing was published")
		}
	})
}

// deaf stores no checkpoint.
type deaf struct{ ledger.Checkpoints }

func (deaf) AddCheckpoint(context.Context, int64, [32]byte, []byte) error {
	return fmt.Errorf("%w: deaf", ledger.ErrUnavailable)
}

func FuzzCheckpoint(f *testing.F) {
	w := newWorld(f)
	text := func(body string) string {
		signed, err := note.Sign(&note.Note{Text: body}, w.key)
		must(f, err)
		return string(signed)
	}
	good := text(origin + "\n10\n" + strings.Repeat("A", 43) + "=\n")
	for _, body := range []string{"other\n10\n" + strings.Repeat("A", 43) + "=\n", origin + "\n010\n" + strings.Repeat("A", 43) + "=\n", origin + "\n-1\n" + strings.Repeat("A", 43) + "=\n", origin + "\n1\nAA==\n", origin + "\n"} {
		f.Add(text(body))
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text string) {
		signed, err := verify.Checkpoint([]byte(text), w.keys)
		if err == nil && (signed.Origin != origin || signed.Size != 10 || signed.Root != [32]byte{}) {
			t.Errorf("accepted %+v", signed)
		}
	})
}
