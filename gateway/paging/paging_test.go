package paging_test

import (
	"testing"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/paging"
)

func TestTokenReturnsItsCursor(t *testing.T) {
	scope := paging.ScopeOf("List", "a", "b")
	token := scope.Token("0000000000000007")
	if len(token) > 200 {
		t.Errorf("token of %d characters does not fit into a request", len(token))
	}
	got, err := scope.Cursor(token)
	if err != nil || got != "0000000000000007" {
		t.Fatalf("cursor %q, %v", got, err)
	}
	if scope.Token("") != "" {
		t.Error("the last page has a token")
	}
	if got, err := scope.Cursor(""); got != "" || err != nil {
		t.Errorf("the empty token gave %q, %v", got, err)
	}
}

func TestTokenIsBoundToMethodAndFilter(t *testing.T) {
	token := paging.ScopeOf("List", "a", "b").Token("7")
	for name, scope := range map[string]paging.Scope{
		"another method":       paging.ScopeOf("Lists", "a", "b"),
		"another filter":       paging.ScopeOf("List", "a", "c"),
		"parts moved together": paging.ScopeOf("List", "ab", ""),
		"fewer parts":          paging.ScopeOf("List", "a"),
	} {
		if _, err := scope.Cursor(token); fault.Of(err).Reason != fault.PageTokenInvalid {
			t.Errorf("%s: error %v, want PAGE_TOKEN_INVALID", name, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	scope := paging.ScopeOf("List")
	f.Add(scope.Token("7"))
	f.Add("")
	f.Add("=====")
	f.Fuzz(func(t *testing.T, token string) {
		cursor, err := scope.Cursor(token)
		if err != nil {
			if fault.Of(err).Reason != fault.PageTokenInvalid {
				t.Fatalf("error %v", err)
			}
			return
		}
		if again := scope.Token(cursor); again != token {
			t.Fatalf("%q reads as %q, which writes as %q", token, cursor, again)
		}
	})
}

func TestSize(t *testing.T) {
	for _, c := range [][4]int{{0, 100, 1000, 100}, {-1, 100, 1000, 100}, {7, 100, 1000, 7}, {5000, 100, 1000, 1000}} {
		if got := paging.Size(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("Size(%d, %d, %d) = %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}
