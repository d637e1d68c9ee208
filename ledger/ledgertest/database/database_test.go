package database_test

import (
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/ledgertest/database"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

func TestWhatIsWrittenIsInTheDump(t *testing.T) {
	url := postgres.Start(t, postgres.Config{}).NewDatabase(t)
	database.Execute(t, url, `CREATE TABLE bird (name TEXT, box BYTEA, place BIGINT)`, `CREATE TABLE "Empty" (n INT)`,
		`INSERT INTO bird VALUES ('щегол', '\xc0ffee', 7), (NULL, NULL, NULL)`)
	dump := database.Dump(t, url)
	if text := string(dump["bird"]); len(dump) != 2 || text != "щегол\t\\xc0ffee\t7\n\t\t\n" || len(dump["Empty"]) != 0 {
		t.Errorf("%d tables, %q", len(dump), text)
	}
}

func TestHoldKeepsOthersWaiting(t *testing.T) {
	url := postgres.Start(t, postgres.Config{}).NewDatabase(t)
	database.Execute(t, url, `CREATE TABLE bird (n INT)`, `CREATE FUNCTION held() RETURNS TEXT LANGUAGE sql AS
'SELECT string_agg(mode, '','') FROM pg_locks WHERE relation = ''bird''::regclass'`)
	release := database.Hold(t, url, "LOCK TABLE bird IN EXCLUSIVE MODE")
	database.Execute(t, url, "CREATE TABLE seen AS SELECT held()")
	release()
	if held := string(database.Dump(t, url)["seen"]); !strings.Contains(held, "ExclusiveLock") {
		t.Errorf("held %q", held)
	}
}
