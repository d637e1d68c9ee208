package ledger

import "errors"

// Limits of a Bookmark, in bytes.
const (
	MaxBookmarkName  = 200
	MaxBookmarkValue = 64 << 10
)

// ErrBookmark is the error of a bookmark that is beyond its limits, or has no name or version.
var ErrBookmark = errors.New("ledger: malformed bookmark")

// Check reports whether b may be stored: nil or ErrBookmark.
func (b Bookmark) Check() error {
	if b.Name == "" || len(b.Name) > MaxBookmarkName || len(b.Value) > MaxBookmarkValue || b.Version < 1 {
		return ErrBookmark
	}
	return nil
}

// BehindPrefix gives the least name that comes after all names that begin with prefix, in the order of their bytes. Empty: there is none.
func BehindPrefix(prefix string) string {
	for n := len(prefix) - 1; n >= 0; n-- {
		if prefix[n] < 0xff {
			return prefix[:n] + string([]byte{prefix[n] + 1})
		}
	}
	return ""
}
