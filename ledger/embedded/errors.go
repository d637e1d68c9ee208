package embedded

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/poruka/poruka/ledger"
)

// conflict names the violation of a unique key; nil when err is something else. Transactions run one at a time, so it
// means that the decision wrote what it had not asked to see.
func conflict(err error) error {
	switch extendedCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID,
		sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return fmt.Errorf("%w: %w", ledger.ErrConflict, err)
	default:
		return nil
	}
}

func unavailable(err error) error {
	if errors.Is(err, ledger.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
}

// extendedCode is the result code of SQLite, 0 when err is not from it.
func extendedCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// unfinished reports whether a failure of COMMIT proves by itself that nothing was stored: the write-ahead log was not
// written to its end, or not at all.
func unfinished(err error) bool {
	switch extendedCode(err) & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CONSTRAINT:
		return true
	default:
		return false
	}
}
