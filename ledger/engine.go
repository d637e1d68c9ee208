package ledger

import (
	"context"
	"errors"
	"time"
)

// Errors of engines. Test with errors.Is; the text of what an engine wraps into them is for logs only.
var (
	// ErrNotFound: there is no such account or entry.
	ErrNotFound = errors.New("ledger: not found")
	// ErrUnavailable: the store cannot be reached or refuses work; nothing was stored.
	ErrUnavailable = errors.New("ledger: unavailable")
	// ErrOutcomeUnknown: the store was lost while committing; read back by key before believing anything.
	ErrOutcomeUnknown = errors.New("ledger: outcome unknown")
	// ErrConflict: others kept changing what the transaction needs; nothing was stored; try again.
	ErrConflict = errors.New("ledger: conflict")
	// ErrOverloaded: too much waits already; nothing was stored.
	ErrOverloaded = errors.New("ledger: overloaded")
	// ErrCursor: the cursor was not made by this engine.
	ErrCursor = errors.New("ledger: malformed cursor")
)

// Transactor runs decisions.
type Transactor interface {
	// Transact loads what keys name, hands it to decide and stores what decide staged: everything or nothing, serialisable
	// with every other transaction on every process, durable when it returns nil.
	//
	// decide may be called more than once, each time with a new View of the ledger as it is then; it must not block, must
	// keep no state between calls, and must judge only by the View. An error of decide ends the transaction, stores
	// nothing, and is returned as it is.
	//
	// Two transactions that insert the same entry id: the second finds the entry of the first in its View.
	//
	// Other errors are ErrUnavailable, ErrConflict (nothing was stored) and ErrOutcomeUnknown (the engine has already tried
	// to read back and could not).
	//
	// An engine that lost the answer to its commit reads back. A new entry is the proof of everything stored with it; a
	// decision without one is known by the state that it wrote, and two that write the very same state (an account's
	// Version, Digest, Level and UpdatedAt) cannot be told apart: nil then says that this state is stored.
	Transact(ctx context.Context, keys Keys, decide func(*View) error) error
}

// Reader answers single questions with the state after the last committed transaction.
type Reader interface {
	// Account reads an account by id, or ErrNotFound.
	Account(ctx context.Context, id AccountID) (Account, error)
	// AccountBySNILS reads the account that holds a SNILS, or ErrNotFound.
	AccountBySNILS(ctx context.Context, index Index) (Account, error)
	// Entry reads an entry by id, or ErrNotFound.
	Entry(ctx context.Context, id EntryID) (Entry, error)
	// EntriesOfAccount lists the entries of an account, newest first.
	EntriesOfAccount(ctx context.Context, id AccountID, page Page) ([]Entry, Cursor, error)
}

// Census goes through all accounts.
type Census interface {
	// Accounts lists at most limit accounts whose ids follow after, in the order of their bytes; the zero id begins. What is changed
	// meanwhile may be seen before or after the change.
	Accounts(ctx context.Context, after AccountID, limit int) ([]Account, error)
}

// Cursor is a place in a list, opaque to everybody but the engine that made it. Empty is the beginning, and in answers the end.
type Cursor string

// Page is a part of a list.
type Page struct {
	After Cursor // begin after this place
	Until Cursor // end at this place, inclusive; empty means no end. From Reporter.Head.
	Limit int    // at most this many, at least 1
}

// Filter chooses entries. Zero fields choose all.
type Filter struct {
	From    time.Time // decided at or after
	To      time.Time // decided before
	Partner PartnerID
	Outcome Outcome
}

// Count is a number of entries that agree in partner, kind and outcome.
type Count struct {
	Partner PartnerID
	Kind    Kind
	Outcome Outcome
	Entries int64
	DryRuns int64
}

// Reporter answers the questions of compliance without slowing decisions down.
type Reporter interface {
	// Entries lists entries in the order of the ledger: an entry once listed keeps its place and none appears before it.
	Entries(ctx context.Context, filter Filter, page Page) ([]Entry, Cursor, error)
	// Head is the place of the newest entry: lists that end there are the same whenever they are made.
	// Empty when there is none.
	Head(ctx context.Context) (Cursor, error)
	// Summary counts entries, ordered by partner, kind, outcome.
	Summary(ctx context.Context, filter Filter) ([]Count, error)
}

// Suspension is an operator's word that a bank may not call.
type Suspension struct {
	Partner PartnerID
	At      time.Time
	By      string // identity of the operator
	Note    string
}

// Suspender keeps suspensions, so that every gateway and every restart knows them.
type Suspender interface {
	// Suspend stores a suspension or replaces it.
	Suspend(ctx context.Context, s Suspension) error
	// Resume removes a suspension; without one it does nothing.
	Resume(ctx context.Context, partner PartnerID) error
	// Suspensions lists all.
	Suspensions(ctx context.Context) ([]Suspension, error)
}

// Bookmark is how far a piece of background work is. Its Value is the work's own and holds no personal data.
type Bookmark struct {
	Name    string // 1 to 200 bytes, any
	Version int64  // counts the changes, from 1
	Value   []byte // at most 64 KiB
}

// Bookmarks keep how far background work is, so that every gateway and every restart goes on from there.
type Bookmarks interface {
	// Bookmark reads one, or ErrNotFound.
	Bookmark(ctx context.Context, name string) (Bookmark, error)
	// PutBookmark stores b if the stored version is b.Version-1 (none, when that is 0); otherwise nothing, and ErrConflict. After
	// ErrOutcomeUnknown, Bookmark tells what became of it. One that cannot be stored is refused with ErrBookmark.
	PutBookmark(ctx context.Context, b Bookmark) error
	// BookmarksOf lists those whose names begin with prefix, ordered by name.
	BookmarksOf(ctx context.Context, prefix string) ([]Bookmark, error)
}

// Status describes a store.
type Status struct {
	Engine        string // sqlite, postgres, cockroach
	ServerVersion string
	Schema        int64 // version found
	WantSchema    int64 // version this binary needs
	Accounts      int64 // may be an estimate
	Entries       int64 // may be an estimate
}

// Store is what operators ask of a store.
type Store interface {
	// Status describes the store. It fails with ErrUnavailable when it cannot be reached.
	Status(ctx context.Context) (Status, error)
	// Ping is a cheap check that the store answers and has the wanted schema.
	Ping(ctx context.Context) error
	// Close waits for what is under way and lets go of the store.
	Close() error
}

// Engine is a whole store.
type Engine interface { //nolint:interfacebloat // those who use it ask for its parts
	Transactor
	Reader
	Reporter
	Census
	Suspender
	Log
	Checkpoints
	Bookmarks
	Store
}
