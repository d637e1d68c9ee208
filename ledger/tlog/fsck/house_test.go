package fsck_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5" //nolint:depguard // the tests are the administrator of the database
	"go.uber.org/goleak"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/embedded"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// server is shared by the tests of this package; nil when there is no PostgreSQL.
var server *postgres.Server

func TestMain(m *testing.M) {
	code := postgres.Main(m, postgres.Config{}, func(s *postgres.Server) { server = s })
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

const (
	origin   = "gateway.example/log"
	logged   = 600
	waiting  = 60
	accounts = 20
	inGroup  = 10
)

var ring = sync.OnceValue(func() *seal.Ring {
	r, err := seal.Generate(seal.Development)
	if err != nil {
		panic(err)
	}
	return r
})

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func entryID(n int) (id ledger.EntryID) {
	binary.BigEndian.PutUint64(id[:], uint64(n+1)*0x9e3779b97f4a7c15)
	return id
}

func accountID(n int) ledger.AccountID { return ledger.AccountID(entryID(10_000 + n)) }

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func snils(t testing.TB, n int) person.SNILS {
	t.Helper()
	for sum := range 101 {
		if s, err := person.ParseSNILS(fmt.Sprintf("%09d%02d", 112233000+n, sum)); err == nil {
			return s
		}
	}
	t.Fatal("no such SNILS")
	return person.SNILS{}
}

func account(t testing.TB, n int) ledger.Account {
	t.Helper()
	var profile person.Profile
	profile.SNILS = snils(t, n)
	sealed, err := ring().SealProfile(accountID(n), profile)
	check(t, err)
	return ledger.Account{
		ID: accountID(n), Level: ledger.LevelStandard, Version: 1, Profile: sealed, SNILS: ring().SNILS(profile.SNILS.Digits()), CreatedAt: start, UpdatedAt: start,
	}
}

// entry n, of which those below the number of accounts confirm one.
func entry(n int) ledger.Entry {
	e := ledger.Entry{
		ID: entryID(n), Kind: ledger.KindConfirmation, Partner: "vtb", Outcome: ledger.OutcomeNotMatched, Policy: "match/1", DecidedAt: start.Add(time.Duration(n) * time.Second),
	}
	if n < accounts/2 {
		e.Account, e.Outcome, e.Before, e.After, e.Method = accountID(n), ledger.OutcomeConfirmed, ledger.LevelStandard, ledger.LevelConfirmed, ledger.MethodBank
	}
	return e
}

// furnish makes a ledger: accounts, of which the first half are confirmed, entries in the log under two checkpoints, and some that wait.
func furnish(t testing.TB, e ledger.Engine) {
	t.Helper()
	scribe := tlog.NewScribe(ring(), nil)
	for from := 0; from < logged+waiting; from += inGroup {
		if from == logged/2 || from == logged {
			tlogtest.Settle(t, ring(), origin, e)
		}
		check(t, e.Transact(context.Background(), ledger.Keys{}, func(v *ledger.View) error {
			entries := make([]ledger.Entry, inGroup)
			for i := range entries {
				n := from + i
				entries[i] = entry(n)
				if n < accounts {
					a := account(t, n)
					if n < accounts/2 {
						a.Level, a.Method, a.ConfirmedBy, a.ConfirmedAt, a.Confirmation = ledger.LevelConfirmed, ledger.MethodBank, "vtb", entries[i].DecidedAt, entries[i].ID
					}
					v.PutAccount(a)
				}
			}
			scribe.Finish(entries)
			for _, e := range entries {
				v.AddEntry(e)
			}
			scribe.Stored(entries)
			return nil
		}))
	}
}

// house is a ledger in a database to which one may do what one likes.
type house struct {
	name   string
	names  *strings.Replacer // of tables and columns
	bytes  func(text string) string
	tamper func(t *testing.T, statements []string)
	open   func(t *testing.T) ledger.Engine
	save   func(t *testing.T) (restore func()) // of what is there now
}

func onSQLite(t *testing.T) *house {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	store := func(t *testing.T) ledger.Engine {
		t.Helper()
		s, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
		check(t, err)
		return s
	}
	made := store(t)
	furnish(t, made)
	check(t, made.Close())
	return &house{
		name: "SQLite",
		names: strings.NewReplacer("{entry}", "entries", "{account}", "accounts", "{tile}", "log_tiles", "{block}", "log_blocks", "{head}", "log_head",
			"{checkpoint}", "log_checkpoints", "{place}", "position", "{level_column}", "level"),
		bytes: func(text string) string { return "X'" + text + "'" },
		open:  store,
		save: func(t *testing.T) func() {
			content, err := os.ReadFile(path)
			check(t, err)
			return func() {
				for _, name := range []string{path + "-wal", path + "-shm"} {
					_ = os.Remove(name)
				}
				check(t, os.WriteFile(path, content, 0o600))
			}
		},
		tamper: func(t *testing.T, statements []string) {
			db, err := sql.Open("sqlite", "file:"+path)
			check(t, err)
			defer db.Close()
			db.SetMaxOpenConns(1)
			for _, trigger := range []string{"changed", "deleted", "replaced"} {
				_, err := db.ExecContext(t.Context(), "drop trigger if exists entries_are_not_"+trigger)
				check(t, err)
			}
			for _, s := range statements {
				result, err := db.ExecContext(t.Context(), s)
				check(t, err)
				if n, _ := result.RowsAffected(); n == 0 {
					t.Fatalf("%s: nothing was changed", s)
				}
			}
		},
	}
}

func onPostgreSQL(t *testing.T) *house {
	t.Helper()
	postgres.Missing(t, server)
	url := server.NewDatabase(t)
	check(t, crdb.Migrate(t.Context(), url))
	pattern := url
	store := func(t *testing.T) ledger.Engine {
		t.Helper()
		s, err := crdb.Open(context.WithoutCancel(t.Context()), crdb.Config{URL: url})
		check(t, err)
		return s
	}
	made := store(t)
	furnish(t, made)
	check(t, made.Close())
	return &house{
		name: "PostgreSQL",
		names: strings.NewReplacer("{entry}", "entry", "{account}", "account", "{tile}", "log_tile", "{block}", "log_block", "{head}", "log_head",
			"{checkpoint}", "log_checkpoint", "{place}", "place", "{level_column}", "level"),
		bytes: func(text string) string { return `'\x` + text + `'` },
		open:  store,
		save: func(t *testing.T) func() {
			url = server.CopyDatabase(t, pattern)
			return func() { url = server.CopyDatabase(t, pattern) }
		},
		tamper: func(t *testing.T, statements []string) {
			conn, err := pgx.Connect(t.Context(), url)
			check(t, err)
			defer conn.Close(context.WithoutCancel(t.Context()))
			_, err = conn.Exec(t.Context(), "DROP TRIGGER IF EXISTS entry_is_final ON entry")
			check(t, err)
			for _, s := range statements {
				result, err := conn.Exec(t.Context(), s)
				check(t, err)
				if result.RowsAffected() == 0 {
					t.Fatalf("%s: nothing was changed", s)
				}
			}
		},
	}
}

// id writes the id of an entry or account as a literal.
func (h *house) id(id [16]byte) string {
	if h.name == "SQLite" {
		return fmt.Sprintf("X'%x'", id)
	}
	return fmt.Sprintf("'%x'", id)
}

// check runs fsck.
func (h *house) check(t *testing.T) []fsck.Finding {
	t.Helper()
	e := h.open(t)
	defer func() { check(t, e.Close()) }()
	found, _ := examine(t, e)
	return found
}

func examine(t testing.TB, e fsck.Ledger) ([]fsck.Finding, fsck.Summary) {
	t.Helper()
	lines, err := tlog.VerifierKeys(origin, ring())
	check(t, err)
	keys, err := verify.ParseKeys(strings.Join(lines, "\n"))
	check(t, err)
	var found []fsck.Finding
	sum, err := fsck.Run(context.Background(), fsck.Config{Ledger: e, Ring: ring(), Keys: keys, Report: func(f fsck.Finding) { found = append(found, f) }})
	check(t, err)
	return found, sum
}

func has(found []fsck.Finding, want fsck.Finding) bool {
	return slices.ContainsFunc(found, func(f fsck.Finding) bool {
		return f.Kind == want.Kind && f.Position == want.Position && (want.Entry.IsZero() || f.Entry == want.Entry) && f.Account == want.Account
	})
}
