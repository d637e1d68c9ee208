package ledgertest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/poruka/poruka/ledger/ledgertest"
)

// complaint counts the errors that a helper reports.
type complaint struct {
	testing.TB
	errors int
}

func (c *complaint) Helper()               {}
func (c *complaint) Errorf(string, ...any) { c.errors++ }

func TestCanarySings(t *testing.T) {
	const secret = "Константинопольский"
	for name, test := range map[string]struct {
		content string
		secrets []string
		want    int
	}{
		"clean":            {"nothing of the kind", []string{secret, "112-233-445 95"}, 0},
		"plain":            {"xx" + secret + "yy", []string{secret}, 1},
		"in capitals":      {"xxКОНСТАНТИНОПОЛЬСКИЙ", []string{secret}, 1},
		"UTF-16":           {"Secret: s\x00e\x00c\x00r\x00e\x00t\x00s\x00", []string{"secrets"}, 1},
		"hexadecimal":      {"736563726574730A", []string{"secrets"}, 1},
		"two":              {"112-233-445 95 secrets", []string{"secrets", "112-233-445 95"}, 2},
		"too short":        {"x", []string{"x"}, 2},
		"nothing to find":  {"x", nil, 1},
		"nothing to check": {"", []string{"secrets"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "deep", "file"), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			c := &complaint{TB: t}
			ledgertest.Canary(c, dir, test.secrets...)
			if c.errors != test.want {
				t.Errorf("%d complaints, want %d", c.errors, test.want)
			}
		})
	}
}
