package gatewaytest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/development"
)

// slowKey is the one key of the banks that takes long to make; all gateways of a test program share it.
const slowKey = "bspb-signing-key.pem"

var slow = sync.OnceValues(func() ([]byte, error) { //nolint:gochecknoglobals // the same for the whole program
	folder, err := os.MkdirTemp("", "poruka-keys")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := development.EnsureBankKeys(folder, time.Now); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(folder, "banks", slowKey))
})

// ensureSlowKey puts the shared key where a gateway would make its own.
func ensureSlowKey(t testing.TB, dataDir string) {
	t.Helper()
	path := filepath.Join(dataDir, "banks", slowKey)
	if _, err := os.Stat(path); err == nil {
		return
	}
	key, err := slow()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
}
