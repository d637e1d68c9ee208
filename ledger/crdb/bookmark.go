package crdb

import (
	"bytes"
	"context"
	"fmt"

	"github.com/poruka/poruka/ledger"
)

const (
	selectBookmark  = "SELECT name, version, value FROM bookmark WHERE name = $1::BYTEA"
	selectBookmarks = "SELECT name, version, value FROM bookmark WHERE name >= $1::BYTEA AND ($2::BYTEA IS NULL OR name < $2::BYTEA) ORDER BY name"
	insertBookmark  = `INSERT INTO bookmark (name, version, value) VALUES ($1::BYTEA, $2::INT8, $3::BYTEA)
ON CONFLICT (name) DO NOTHING RETURNING true`
	updateBookmark = `UPDATE bookmark SET version = $2::INT8, value = $3::BYTEA
WHERE name = $1::BYTEA AND version = $2::INT8 - 1 RETURNING true`
)

// Bookmark implements ledger.Bookmarks.
func (s *Store) Bookmark(ctx context.Context, name string) (ledger.Bookmark, error) {
	found, err := s.bookmarks(ctx, selectBookmark, []byte(name))
	return only(found, err)
}

// BookmarksOf implements ledger.Bookmarks.
func (s *Store) BookmarksOf(ctx context.Context, prefix string) ([]ledger.Bookmark, error) {
	var end []byte
	if behind := ledger.BehindPrefix(prefix); behind != "" {
		end = []byte(behind)
	}
	return s.bookmarks(ctx, selectBookmarks, append([]byte{}, prefix...), end)
}

func (s *Store) bookmarks(ctx context.Context, text string, args ...[]byte) ([]ledger.Bookmark, error) {
	var found []ledger.Bookmark
	err := s.report(ctx, s.requests, "bookmarks", text, args, func(r *row) {
		if r.isFirst {
			found = nil
		}
		found = append(found, ledger.Bookmark{Name: string(r.keep()), Version: r.integer(), Value: r.keep()})
	})
	return found, err
}

// PutBookmark implements ledger.Bookmarks. It is one statement, whose answer is that to its commit: when that is lost, the statement
// is not repeated, and what is stored tells.
func (s *Store) PutBookmark(ctx context.Context, b ledger.Bookmark) error {
	if err := b.Check(); err != nil {
		return err
	}
	text := updateBookmark
	if b.Version == 1 {
		text = insertBookmark
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 2*s.cfg.StatementTimeout)
		defer cancel()
	}
	args := [][]byte{[]byte(b.Name), number(b.Version), append([]byte{}, b.Value...)}
	for n := 1; ; n++ {
		isStored := false
		f := s.reportOnce(ctx, s.requests, committing, "bookmark", text, args, func(r *row) { isStored = r.flag() })
		switch {
		case f == nil && isStored:
			return nil
		case f == nil:
			return fmt.Errorf("%w: the bookmark has another version", ledger.ErrConflict)
		case f.class == unknown:
			s.suspect()
			return s.settleBookmark(ctx, b, f)
		case f.class == reconnect:
			s.suspect()
		}
		if n == maxAttempts || (f.class != reconnect && f.class != again) || pause(ctx, backoff(n+1)) != nil {
			return f.public()
		}
	}
}

// settleBookmark reads back what a lost answer was about. Only what is there proves anything: what is not there yet may still arrive.
func (s *Store) settleBookmark(ctx context.Context, b ledger.Bookmark, lost *failure) error {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
	}
	if found, err := s.Bookmark(ctx, b.Name); err == nil && found.Version == b.Version && bytes.Equal(found.Value, b.Value) {
		return nil
	}
	return lost.public()
}
