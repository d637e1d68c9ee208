package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func bookmarkTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"one is put and read":             onePut,
		"a wrong version stores nothing":  wrongVersion,
		"lists by prefix":                 byPrefix,
		"beyond the limits":               beyondLimits,
		"everybody counts, nobody twice":  racingBookmarks,
		"bookmarks outlive the engine":    bookmarksOutlive,
		"what is read is the caller's":    noSharedBookmarks,
		"decisions go on beside them":     besideDecisions,
		"one ledger's are not another's":  separateBookmarks,
		"a put whose caller has gone off": putWithoutCaller,
	}
}

func bookmark(name string, version int64, value string) ledger.Bookmark {
	return ledger.Bookmark{Name: name, Version: version, Value: []byte(value)}
}

func kept(t *testing.T, e ledger.Engine, name string) ledger.Bookmark {
	t.Helper()
	b, err := e.Bookmark(t.Context(), name)
	must(t, err)
	return b
}

func onePut(t *testing.T, s suite) {
	e := s.fresh(t)
	_, err := e.Bookmark(t.Context(), "a")
	wantError(t, "at first", err, ledger.ErrNotFound)
	for version, value := range []string{"one", "2", strings.Repeat("\x00\xff", ledger.MaxBookmarkValue/2), "four"} {
		b := bookmark("a", int64(version+1), value)
		must(t, e.PutBookmark(t.Context(), b))
		same(t, "read back", kept(t, e, "a"), b)
	}
	for version, value := range [][]byte{nil, {}} {
		must(t, e.PutBookmark(t.Context(), ledger.Bookmark{Name: "nothing", Version: int64(version + 1), Value: value}))
		same(t, "without a value", len(kept(t, e, "nothing").Value), 0)
	}
}

func wrongVersion(t *testing.T, s suite) {
	e := s.fresh(t)
	wantError(t, "the second first", e.PutBookmark(t.Context(), bookmark("a", 2, "x")), ledger.ErrConflict)
	_, err := e.Bookmark(t.Context(), "a")
	wantError(t, "after it", err, ledger.ErrNotFound)
	must(t, e.PutBookmark(t.Context(), bookmark("a", 1, "one")))
	must(t, e.PutBookmark(t.Context(), bookmark("a", 2, "two")))
	for _, version := range []int64{1, 2, 4, 1 << 62} {
		wantError(t, "out of turn", e.PutBookmark(t.Context(), bookmark("a", version, "two")), ledger.ErrConflict)
	}
	same(t, "after them", kept(t, e, "a"), bookmark("a", 2, "two"))
	must(t, e.PutBookmark(t.Context(), bookmark("b", 1, "another"))) // has versions of its own
}

func byPrefix(t *testing.T, s suite) {
	e := s.fresh(t)
	names := []string{"a", "a/1", "a/10", "a/2", "a0", "b", "б", "\xff", "\xff\xff", "\xff\xff\x00"} // in the order of their bytes
	for i := range names {
		must(t, e.PutBookmark(t.Context(), bookmark(names[len(names)-1-i], 1, "x")))
	}
	for prefix, want := range map[string][]string{
		"": names, "a": names[:5], "a/": names[1:4], "a/1": names[1:3], "c": nil, "б": names[6:7], "\xff": names[7:], "\xff\xff": names[8:], "B": nil,
		"%": nil, "_": nil,
	} {
		list, err := e.BookmarksOf(t.Context(), prefix)
		must(t, err)
		var got []string
		for _, b := range list {
			got = append(got, b.Name)
			same(t, "in a list", b, bookmark(b.Name, 1, "x"))
		}
		same(t, "prefix "+prefix, got, want)
	}
}

func beyondLimits(t *testing.T, s suite) {
	e := s.fresh(t)
	most := bookmark(strings.Repeat("ы", ledger.MaxBookmarkName/2), 1, strings.Repeat("x", ledger.MaxBookmarkValue))
	must(t, e.PutBookmark(t.Context(), most))
	same(t, "at the limit", kept(t, e, most.Name), most)
	for name, change := range map[string]func(*ledger.Bookmark){
		"no name":      func(b *ledger.Bookmark) { b.Name = "" },
		"a long name":  func(b *ledger.Bookmark) { b.Name += "x" },
		"a long value": func(b *ledger.Bookmark) { b.Value = append(bytes.Clone(b.Value), 'x') },
		"no version":   func(b *ledger.Bookmark) { b.Version = 0 },
		"below none":   func(b *ledger.Bookmark) { b.Version = -1 },
	} {
		b := most
		b.Version = 2
		change(&b)
		wantError(t, name, e.PutBookmark(t.Context(), b), ledger.ErrBookmark)
	}
	same(t, "after them", kept(t, e, most.Name), most)
}

// racingBookmarks: many add to one number by comparison; each addition that was acknowledged counts once. Every value is of one worker's
// making, so that none can be taken for another's.
func racingBookmarks(t *testing.T, s suite) {
	e := s.fresh(t)
	const workers, each = 4, 25
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var done, unknown atomic.Int64
	together(workers, func(worker int) {
		for mine, n := 0, 0; mine < each && ctx.Err() == nil; n++ {
			b, err := e.Bookmark(ctx, "sum")
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				continue
			}
			value := fmt.Sprintf("%d %d %d", sumOf(b)+1, worker, n)
			switch err := e.PutBookmark(ctx, bookmark("sum", b.Version+1, value)); {
			case err == nil:
				mine++
				done.Add(1)
			case errors.Is(err, ledger.ErrOutcomeUnknown):
				unknown.Add(1)
			case !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrUnavailable):
				t.Errorf("put: %v", err)
				return
			}
		}
	})
	b := kept(t, e, "sum")
	if sum := sumOf(b); sum != b.Version || done.Load() != workers*each || sum < done.Load() || sum > done.Load()+unknown.Load() {
		t.Errorf("%d at version %d after %d additions, of %d more nobody knows", sum, b.Version, done.Load(), unknown.Load())
	}
}

func sumOf(b ledger.Bookmark) (sum int64) {
	_, _ = fmt.Sscan(string(b.Value), &sum) // 0 at first
	return sum
}

func bookmarksOutlive(t *testing.T, s suite) {
	dir := t.TempDir()
	e, err := s.open(dir)
	must(t, err)
	must(t, e.PutBookmark(t.Context(), bookmark("a", 1, "one")))
	must(t, e.PutBookmark(t.Context(), bookmark("a", 2, "two")))
	must(t, e.Close())
	e = s.at(t, dir)
	same(t, "afterwards", kept(t, e, "a"), bookmark("a", 2, "two"))
	wantError(t, "from the beginning", e.PutBookmark(t.Context(), bookmark("a", 1, "one")), ledger.ErrConflict)
	must(t, e.PutBookmark(t.Context(), bookmark("a", 3, "three")))
}

func noSharedBookmarks(t *testing.T, s suite) {
	e := s.fresh(t)
	b := bookmark("a", 1, "one")
	must(t, e.PutBookmark(t.Context(), b))
	b.Value[0] = 'O'
	for range 2 {
		read := kept(t, e, "a")
		list, err := e.BookmarksOf(t.Context(), "a")
		must(t, err)
		same(t, "read", read, bookmark("a", 1, "one"))
		same(t, "listed", list, []ledger.Bookmark{bookmark("a", 1, "one")})
		read.Value[0], list[0].Value[1] = 'O', 'N'
	}
}

// besideDecisions: bookmarks are no entries, and are not in the log.
func besideDecisions(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	before, err := e.Head(t.Context())
	must(t, err)
	must(t, e.PutBookmark(t.Context(), bookmark("a", 1, "one")))
	after, err := e.Head(t.Context())
	must(t, err)
	same(t, "head", after, before)
	same(t, "entries", all(t, e), []ledger.Entry{entry(1)})
	store(t, e, nil, []ledger.Entry{entry(2)})
	same(t, "bookmark", kept(t, e, "a"), bookmark("a", 1, "one"))
}

func separateBookmarks(t *testing.T, s suite) {
	one, two := s.fresh(t), s.fresh(t)
	must(t, one.PutBookmark(t.Context(), bookmark("a", 1, "one")))
	_, err := two.Bookmark(t.Context(), "a")
	wantError(t, "the other's", err, ledger.ErrNotFound)
}

// putWithoutCaller: one whose caller has given up stores nothing.
func putWithoutCaller(t *testing.T, s suite) {
	e := s.fresh(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, "put", e.PutBookmark(over, bookmark("a", 1, "one")), ledger.ErrUnavailable)
	_, err := e.Bookmark(t.Context(), "a")
	wantError(t, "afterwards", err, ledger.ErrNotFound)
}
