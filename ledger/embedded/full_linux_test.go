package embedded_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/poruka/poruka/ledger"
)

// addLarge adds an entry of some size, so that a disk is soon full.
func addLarge(s ledger.Transactor, n int) error {
	random := spread(n, 6)
	id := ledger.EntryID(random[:16])
	return s.Transact(context.Background(), ledger.Keys{Entries: []ledger.EntryID{id}}, func(v *ledger.View) error {
		v.AddEntry(ledger.Entry{ID: id, Partner: "bank-a", Serial: strings.Repeat("f", 3000)})
		return nil
	})
}

// fillUntilRefused adds entries until the store says no, and gives how many it acknowledged.
func fillUntilRefused(t *testing.T, s ledger.Transactor) (acknowledged int, refusal error) {
	t.Helper()
	for n := range 10_000 {
		if err := addLarge(s, n); err != nil {
			return n, err
		}
	}
	t.Fatal("nothing was refused")
	return 0, nil
}

func checkAcknowledged(t *testing.T, s ledger.Reader, acknowledged int) {
	t.Helper()
	for n := range acknowledged {
		id := spread(n, 6)
		if _, err := s.Entry(t.Context(), ledger.EntryID(id[:16])); err != nil {
			t.Fatalf("entry %d of %d was acknowledged: %v", n, acknowledged, err)
		}
	}
}

func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skip("no file system of our own: ", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	s := openAt(t, filepath.Join(dir, "ledger"))
	acknowledged, err := fillUntilRefused(t, s)
	if !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("refused with %v, want ErrUnavailable", err)
	}
	for range 3 { // and stays so
		if err := addLarge(s, acknowledged); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("refused with %v, want ErrUnavailable", err)
		}
	}
	checkAcknowledged(t, s, acknowledged)
	if id := spread(acknowledged, 6); !missing(t, s, ledger.EntryID(id[:16])) {
		t.Error("a refused entry is there")
	}
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	must(t, addLarge(s, acknowledged))
	checkAcknowledged(t, s, acknowledged+1)
}

func missing(t *testing.T, s ledger.Reader, id ledger.EntryID) bool {
	t.Helper()
	_, err := s.Entry(t.Context(), id)
	return errors.Is(err, ledger.ErrNotFound)
}

const failingDisk = "PORUKA_EMBEDDED_FAILING_DISK"

// TestADiskThatFails lets writes fail with an error of which SQLite cannot tell how much was written. The limit that brings
// it about holds for a process: so it is another one.
func TestADiskThatFails(t *testing.T) {
	if os.Getenv(failingDisk) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestADiskThatFails$", "-test.v")
		child.Env = append(os.Environ(), failingDisk+"=1")
		if output, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	path := filepath.Join(t.TempDir(), "ledger")
	s := openAt(t, path)
	must(t, add(s, 1))
	var old syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 400 << 10, Max: old.Max}))
	acknowledged, err := fillUntilRefused(t, s)
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	if !errors.Is(err, ledger.ErrOutcomeUnknown) && !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("refused with %v, want ErrOutcomeUnknown or ErrUnavailable", err)
	}
	checkAcknowledged(t, s, acknowledged)
	must(t, add(s, 2))
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() == 0 {
		t.Error("the file is empty")
	}
	s = openAt(t, path)
	checkAcknowledged(t, s, acknowledged)
	entries, _, err := s.Entries(t.Context(), ledger.Filter{}, ledger.Page{Limit: 10_000})
	must(t, err)
	if n := len(entries); n != acknowledged+2 && n != acknowledged+3 { // the unknown one may have taken effect
		t.Errorf("%d entries, acknowledged were %d", n, acknowledged+2)
	}
}
