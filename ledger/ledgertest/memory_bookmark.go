package ledgertest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/poruka/poruka/ledger"
)

// Bookmark reads one.
func (m *Memory) Bookmark(ctx context.Context, name string) (ledger.Bookmark, error) {
	if err := m.lock(ctx); err != nil {
		return ledger.Bookmark{}, err
	}
	defer m.unlock()
	b, ok := m.bookmarks[name]
	if !ok {
		return ledger.Bookmark{}, ledger.ErrNotFound
	}
	return copyBookmark(b), nil
}

// PutBookmark stores b if the stored version is the one before.
func (m *Memory) PutBookmark(ctx context.Context, b ledger.Bookmark) error {
	if err := b.Check(); err != nil {
		return err
	}
	if err := m.lock(ctx); err != nil {
		return err
	}
	defer m.unlock()
	if m.bookmarks[b.Name].Version != b.Version-1 {
		return ledger.ErrConflict
	}
	set(&m.bookmarks, b.Name, copyBookmark(b))
	return nil
}

// BookmarksOf lists those whose names begin with prefix.
func (m *Memory) BookmarksOf(ctx context.Context, prefix string) ([]ledger.Bookmark, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	var out []ledger.Bookmark
	for _, name := range slices.Sorted(maps.Keys(m.bookmarks)) {
		if strings.HasPrefix(name, prefix) {
			out = append(out, copyBookmark(m.bookmarks[name]))
		}
	}
	return out, nil
}

func copyBookmark(b ledger.Bookmark) ledger.Bookmark {
	b.Value = append([]byte{}, bytes.Clone(b.Value)...)
	return b
}
