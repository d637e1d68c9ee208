package embedded

import (
	"bytes"
	"context"
	"database/sql/driver"

	"github.com/poruka/poruka/ledger"
)

const (
	selectBookmark  = `select name, version, value from bookmarks where name = ?`
	selectBookmarks = `select name, version, value from bookmarks where name >= ? and (? is null or name < ?) order by name`
	insertBookmark  = `insert into bookmarks (name, version, value) values (?, ?, ?) on conflict do nothing returning version`
	updateBookmark  = `update bookmarks set version = ?, value = ? where name = ? and version = ? returning version`
)

// Bookmark reads one, or ledger.ErrNotFound.
func (s *Store) Bookmark(ctx context.Context, name string) (ledger.Bookmark, error) {
	all, err := s.bookmarks(ctx, selectBookmark, []byte(name))
	if err != nil {
		return ledger.Bookmark{}, err
	}
	if len(all) == 0 {
		return ledger.Bookmark{}, ledger.ErrNotFound
	}
	return all[0], nil
}

// BookmarksOf lists those whose names begin with prefix, ordered by name.
func (s *Store) BookmarksOf(ctx context.Context, prefix string) ([]ledger.Bookmark, error) {
	var end driver.Value
	if behind := ledger.BehindPrefix(prefix); behind != "" {
		end = []byte(behind)
	}
	return s.bookmarks(ctx, selectBookmarks, append([]byte{}, prefix...), end, end)
}

func (s *Store) bookmarks(ctx context.Context, query string, args ...driver.Value) ([]ledger.Bookmark, error) {
	var all []ledger.Bookmark
	err := s.read(ctx, func(c *conn) error {
		all = nil
		return c.query(func(r row) error {
			all = append(all, ledger.Bookmark{Name: string(r.bytes(0)), Version: r.int(1), Value: r.bytes(2)})
			return nil
		}, query, args...)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// PutBookmark stores b if the stored version is the one before.
func (s *Store) PutBookmark(ctx context.Context, b ledger.Bookmark) error {
	if err := b.Check(); err != nil {
		return err
	}
	p := bookmarkPut{store: s, bookmark: &b}
	if err := s.writers.use(ctx, p.run); err != nil {
		return err
	}
	return p.refusal
}

// bookmarkPut is one call of PutBookmark.
type bookmarkPut struct {
	store    *Store
	bookmark *ledger.Bookmark
	refusal  error // an answer that leaves the connection sound
}

// run leaves no transaction open on c unless it fails.
func (p *bookmarkPut) run(c *conn) error {
	if err := p.store.file.check(); err != nil {
		p.refusal = unavailable(err)
		return nil
	}
	if err := c.exec(begin); err != nil {
		return unavailable(err)
	}
	if err := p.apply(c); err != nil {
		return unavailable(err)
	}
	if p.refusal != nil {
		if err := c.exec(rollback); err != nil {
			return unavailable(err)
		}
		return nil
	}
	return p.store.finish(c, p.isStored)
}

func (p *bookmarkPut) apply(c *conn) error {
	b := p.bookmark
	value := append([]byte{}, b.Value...)
	p.refusal = ledger.ErrConflict
	stored := func(row) error { p.refusal = nil; return nil }
	if b.Version == 1 {
		return c.query(stored, insertBookmark, []byte(b.Name), b.Version, value)
	}
	return c.query(stored, updateBookmark, b.Version, value, []byte(b.Name), b.Version-1)
}

func (p *bookmarkPut) isStored(c *conn) (is bool, err error) {
	err = c.query(func(r row) error {
		is = r.int(1) == p.bookmark.Version && bytes.Equal(r.bytes(2), p.bookmark.Value)
		return nil
	}, selectBookmark, []byte(p.bookmark.Name))
	return is, err
}
