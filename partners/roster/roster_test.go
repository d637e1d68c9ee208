package roster_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/partners/roster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// follow opens a roster in a bubble of false time and runs it. look waits until the file has been looked at once more and gives
// what was reported.
func follow(t *testing.T, path string) (r *roster.Roster, look func() []error) {
	t.Helper()
	var mutex sync.Mutex
	var reports []error
	r, err := roster.Open(roster.Config{Path: path, Policies: policies(), ReloadEvery: time.Second, OnReload: func(err error) {
		mutex.Lock()
		defer mutex.Unlock()
		reports = append(reports, err)
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returns %v", err)
		}
	})
	return r, func() []error {
		time.Sleep(1100 * time.Millisecond) // of false time
		synctest.Wait()
		mutex.Lock()
		defer mutex.Unlock()
		got := reports
		reports = nil
		return got
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	draft := path + ".draft"
	if err := os.WriteFile(draft, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, path); err != nil {
		t.Fatal(err)
	}
}

func file(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster.yaml")
	write(t, path, good)
	return path
}

func TestRosterFollowsTheFile(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		r, look := follow(t, path)
		if got := look(); got != nil {
			t.Errorf("an unchanged file is reported: %v", got)
		}
		write(t, path, strings.Replace(good, "id: bspb", "id: tinkoff", 1))
		if got := look(); len(got) != 1 || got[0] != nil {
			t.Errorf("reported %v, want one good roster", got)
		}
		if _, ok := r.Find("bspb"); ok {
			t.Error("a bank that was taken out is still found")
		}
		if bank, ok := r.Find("tinkoff"); !ok || bank.ID != "tinkoff" {
			t.Errorf("the new bank is not found: %+v", bank)
		}
		if all := r.All(); len(all) != 2 || all[0].ID != "tinkoff" || all[1].ID != "vtb" {
			t.Errorf("all are %v", all)
		}
	})
}

func TestBadFileChangesNothing(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		r, look := follow(t, path)
		write(t, path, strings.Replace(good, "burst: 10", "burst: none", 1))
		if got := look(); len(got) != 1 || got[0] == nil || !strings.Contains(got[0].Error(), "limits.burst") {
			t.Errorf("reported %v, want the mistake once", got)
		}
		if got := look(); got != nil {
			t.Errorf("the same mistake is told again: %v", got)
		}
		if len(r.All()) != 2 {
			t.Errorf("in force are %v", r.All())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if got := look(); len(got) != 1 || got[0] == nil {
			t.Errorf("reported %v, want that the file is gone", got)
		}
		if _, ok := r.Find("vtb"); !ok {
			t.Error("with the file the banks are gone")
		}
		write(t, path, good)
		if got := look(); len(got) != 1 || got[0] != nil {
			t.Errorf("reported %v, want that the file is good again", got)
		}
	})
}

func TestOpenNeedsAGoodFile(t *testing.T) {
	path := file(t)
	if _, err := roster.Open(roster.Config{Path: path, Policies: []string{"match/2"}}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("opened a bad file: %v", err)
	}
	if _, err := roster.Open(roster.Config{Path: path + ".none", Policies: policies()}); err == nil {
		t.Error("opened a file that is not there")
	}
	if _, err := roster.Open(roster.Config{Path: path, Policies: policies(), ReloadEvery: -1}); err == nil {
		t.Error("opened with a negative period")
	}
	write(t, path, good+"#"+strings.Repeat("x", 1<<20))
	if _, err := roster.Open(roster.Config{Path: path, Policies: policies()}); err == nil {
		t.Error("opened a huge file")
	}
}

func TestListIsTheCallersOwn(t *testing.T) {
	r, err := roster.Open(roster.Config{Path: file(t), Policies: policies()})
	if err != nil {
		t.Fatal(err)
	}
	r.All()[0].ID = "changed"
	if r.All()[0].ID != "bspb" {
		t.Error("changing the list changes the roster")
	}
	if _, ok := r.Find("nobody"); ok {
		t.Error("found a bank that is not there")
	}
}
