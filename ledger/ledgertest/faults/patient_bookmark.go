package faults

import (
	"bytes"
	"context"
	"errors"

	"github.com/poruka/poruka/ledger"
)

// Bookmark implements ledger.Bookmarks.
func (p *patient) Bookmark(ctx context.Context, name string) (ledger.Bookmark, error) {
	return repeat(ctx, p, func() (ledger.Bookmark, error) { return p.Engine.Bookmark(ctx, name) })
}

// PutBookmark implements ledger.Bookmarks. What is stored tells what became of one whose outcome is unknown: a bookmark is its own mark.
func (p *patient) PutBookmark(ctx context.Context, b ledger.Bookmark) error {
	var err error
	isInDoubt := false
	for tries := newTries(0); tries.again(ctx, p, err); {
		err = p.Engine.PutBookmark(ctx, b)
		isInDoubt = isInDoubt || errors.Is(err, ledger.ErrOutcomeUnknown)
		if err == nil || !isInDoubt || errors.Is(err, ledger.ErrUnavailable) {
			continue
		}
		found, unread := p.Bookmark(context.WithoutCancel(ctx), b.Name)
		switch {
		case unread != nil && !errors.Is(unread, ledger.ErrNotFound), found.Version > b.Version:
			return ledger.ErrOutcomeUnknown
		case found.Version == b.Version && bytes.Equal(found.Value, b.Value):
			return nil
		case found.Version != b.Version-1:
			return ledger.ErrConflict
		}
	}
	return err
}

// BookmarksOf implements ledger.Bookmarks.
func (p *patient) BookmarksOf(ctx context.Context, prefix string) ([]ledger.Bookmark, error) {
	return repeat(ctx, p, func() ([]ledger.Bookmark, error) { return p.Engine.BookmarksOf(ctx, prefix) })
}
