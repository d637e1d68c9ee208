package crdb

import (
	"errors"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

func TestFaultsWhileABookmarkIsPut(t *testing.T) {
	type fault = pgproxy.Fault
	for name, test := range map[string]struct {
		fault   fault
		unknown bool
		stored  bool
	}{
		"40001":                        {fault{Kind: pgproxy.Fail, Code: "40001"}, false, true},
		"cut before it":                {fault{Kind: pgproxy.CutBefore}, true, false},
		"cut behind it":                {fault{Kind: pgproxy.CutAfter}, false, true},
		"57P01, not there":             {fault{Kind: pgproxy.Fail, Code: "57P01", Fatal: true}, true, false},
		"57P01, there":                 {fault{Kind: pgproxy.Lie, Code: "57P01", Fatal: true}, false, true},
		"40003, there":                 {fault{Kind: pgproxy.Lie, Code: "40003"}, false, true},
		"an internal error, not there": {fault{Kind: pgproxy.Fail, Code: "XX000"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			url := database(t)
			straight := openAt(t, url, nil)
			p, err := pgproxy.Start(url)
			must(t, err)
			defer func() { must(t, p.Close()) }()
			s, err := connect(t.Context(), Config{URL: p.URL()}.withDefaults(), onPostgres())
			must(t, err)
			defer func() { must(t, s.Close()) }()
			must(t, s.PutBookmark(t.Context(), ledger.Bookmark{Name: "a", Version: 1}))
			p.Apply(pgproxy.Nth(updateBookmark, 1, test.fault))
			b := ledger.Bookmark{Name: "a", Version: 2, Value: []byte("x")}
			if err := s.PutBookmark(t.Context(), b); (err != nil) != test.unknown || (err != nil && !errors.Is(err, ledger.ErrOutcomeUnknown)) {
				t.Errorf("error %v, unknown wanted: %v", err, test.unknown)
			}
			got, err := straight.Bookmark(t.Context(), "a")
			for deadline := time.Now().Add(10 * time.Second); test.stored && got.Version != 2 && time.Now().Before(deadline); {
				got, err = straight.Bookmark(t.Context(), "a") // what was cut behind may still be under way
			}
			must(t, err)
			if (got.Version == 2) != test.stored {
				t.Errorf("version %d, stored wanted: %v", got.Version, test.stored)
			}
			if !test.stored {
				must(t, s.PutBookmark(t.Context(), b))
			}
			if err := s.PutBookmark(t.Context(), b); !errors.Is(err, ledger.ErrConflict) {
				t.Errorf("the same again: %v, want ErrConflict", err)
			}
		})
	}
}

// A binary that wants the schema before may work beside this one: the step only adds a table.
func TestBookmarksDoNotShutOutTheBinaryBefore(t *testing.T) {
	_, oldest, _, err := openAt(t, database(t), nil).schema(t.Context())
	must(t, err)
	if oldest != 2 {
		t.Errorf("the schema serves binaries for %d and later, want 2", oldest)
	}
}
