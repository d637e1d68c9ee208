package embedded

import (
	"database/sql/driver"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func firstStep() ledger.LogStep {
	return ledger.LogStep{
		To:    ledger.LogHead{Size: 1, Root: [32]byte{1}, Epoch: 1, After: cursorAt(1)},
		Tiles: []ledger.Tile{{Data: []byte{1}}}, Starts: map[int64]ledger.EntryID{0: {1}},
	}
}

func headOf(t *testing.T, s *Store) ledger.LogHead {
	t.Helper()
	head, err := s.LogHead(t.Context())
	must(t, err)
	return head
}

func TestAStepWhoseCommitFails(t *testing.T) {
	for name, test := range map[string]struct {
		commit func(*conn) error
		want   error // nil: it is known to be stored
	}{
		"and did not take effect": {func(*conn) error { return errCut }, ledger.ErrUnavailable},
		"and took effect":         {func(c *conn) error { return errors.Join(commitNow(c), errCut) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := openHere(t, time.Now)
			must(t, stage(s, kindsOfWrites()["an entry"]))
			s.commit = test.commit
			if err := s.AdvanceLog(t.Context(), firstStep()); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			s.commit = commitNow
			if got, want := headOf(t, s), firstStep().To; (got == want) != (test.want == nil) {
				t.Errorf("head %+v", got)
			}
		})
	}
}

func TestAStepOfWhichNothingIsKnown(t *testing.T) {
	s := openHere(t, time.Now)
	must(t, stage(s, kindsOfWrites()["an entry"]))
	gone := s.cfg.Path + ".gone"
	s.commit = func(c *conn) error { return errors.Join(commitNow(c), os.Rename(s.cfg.Path, gone)) }
	if err := s.AdvanceLog(t.Context(), firstStep()); !errors.Is(err, ledger.ErrOutcomeUnknown) {
		t.Errorf("error %v, want ErrOutcomeUnknown", err)
	}
	must(t, os.Rename(gone, s.cfg.Path))
	s.commit = commitNow
	if headOf(t, s) != firstStep().To {
		t.Error("the head does not tell what became of it")
	}
}

func TestEntriesFromBeforeThereWasALog(t *testing.T) {
	s := openHere(t, time.Now)
	must(t, s.Close())
	must(t, os.Remove(s.cfg.Path))
	must(t, os.WriteFile(s.cfg.Path, nil, 0o600))
	files := known(t)
	delete(files, "00002_log.sql")
	delete(files, "00003_bookmark.sql")
	if version, err := migrate(s.cfg.Path, files, s.cfg.Logger); err != nil || version != 1 {
		t.Fatalf("version %d, %v", version, err)
	}
	c, err := dial(s.cfg.Path)
	must(t, err)
	must(t, c.exec(`insert into entries (position, decided_at, partner, kind, outcome, dry_run, id, before, after, method, means, encoding)
		values (1, 5, 'a', 1, 1, 0, x'000102030405060708090a0b0c0d0e0f', 0, 0, 0, 0, 1)`))
	must(t, c.close())
	again, err := Open(s.cfg)
	must(t, err)
	defer func() { must(t, again.Close()) }()
	list, _, err := again.Unlogged(t.Context(), ledger.LogHead{}, 5)
	must(t, err)
	if len(list) != 1 || list[0].Encoding != 1 || list[0].Commitments != nil || list[0].Link != (ledger.Link{}) || list[0].Mark != [32]byte{} {
		t.Errorf("listed %+v, want one entry of version 1", list)
	}
}

func TestQuestionsAboutTheLogUseIndexes(t *testing.T) {
	s := openHere(t, time.Now)
	must(t, s.readers.use(t.Context(), func(c *conn) error {
		for _, query := range []string{selectTile, selectBlock, selectCheckpoint, selectEntries + `position > ? order by position limit ?`} {
			must(t, c.query(func(r row) error {
				if plan := r.text(3); strings.HasPrefix(plan, "SCAN") && !strings.Contains(plan, "CONSTANT") || strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%s: %s", query, plan)
				}
				return nil
			}, `explain query plan `+query, make([]driver.Value, strings.Count(query, `?`))...))
		}
		return nil
	}))
}
