package ledgertest

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"os"
	"testing"
	"unicode/utf16"
)

// canaryLeast is the shortest string that is not found by chance.
const canaryLeast = 6

// Canary fails the test when a file below dir holds one of the strings, whatever the case of their letters, in
// UTF-16, or in hexadecimal. It also fails when there is nothing to look at, and when a string is too short to prove anything.
func Canary(t testing.TB, dir string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) < canaryLeast {
			t.Errorf("canary %q is shorter than %d bytes", secret, canaryLeast)
		}
	}
	looked := 0
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		looked += len(content)
		for _, secret := range secrets {
			if sings(content, secret) {
				t.Errorf("%s holds a canary", path)
			}
		}
		return err
	})
	if err != nil {
		t.Errorf("canary: %v", err)
	}
	if looked == 0 || len(secrets) == 0 {
		t.Errorf("canary: %d bytes and %d strings to look for", looked, len(secrets))
	}
}

func sings(content []byte, secret string) bool {
	lower := bytes.ToLower(content)
	return bytes.Contains(lower, bytes.ToLower([]byte(secret))) || bytes.Contains(content, wide(secret)) ||
		bytes.Contains(lower, []byte(hex.EncodeToString([]byte(secret))))
}

// wide gives UTF-16, low byte first.
func wide(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8)) //nolint:gosec // cut in two
	}
	return out
}
