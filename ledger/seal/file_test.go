package seal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/poruka/poruka/ledger/seal"
)

func ringFile(t testing.TB) (string, *seal.Ring) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyring.json")
	r := ring(t)
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	return path, r
}

func TestFileKeepsTheRing(t *testing.T) {
	path, r := ringFile(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v; want 0400", info.Mode().Perm(), err)
	}
	again := need(t)(seal.Load(path))
	if again.String() != r.String() || !again.Created().Equal(r.Created()) || !again.Development() {
		t.Errorf("loaded %v of %v, wrote %v of %v", again, again.Created(), r, r.Created())
	}
	if got, err := again.Open(account, sealed(t, r)); err != nil || string(got) != canary {
		t.Errorf("the loaded ring opens %q, %v", got, err)
	}
	if again.EntryID("vtb", requestID) != r.EntryID("vtb", requestID) || again.SNILS("1") != r.SNILS("1") {
		t.Error("the loaded ring digests differently")
	}
	for i, key := range again.Keys() {
		if key != r.Keys()[i] {
			t.Errorf("key %+v, wrote %+v", key, r.Keys()[i])
		}
	}
}

func TestFileIsNeverOverwritten(t *testing.T) {
	path, r := ringFile(t)
	if err := ring(t).Write(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("writing over a ring: %v", err)
	}
	if _, err := need(t)(seal.Load(path)).Open(account, sealed(t, r)); err != nil {
		t.Errorf("the ring was changed: %v", err)
	}
}

func TestFileOfOthersIsRefused(t *testing.T) {
	path, _ := ringFile(t)
	for mode, want := range map[os.FileMode]error{
		0o440: seal.ErrMode, 0o404: seal.ErrMode, 0o420: seal.ErrMode, 0o644: seal.ErrMode, 0o600: nil, 0o400: nil,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Load(path); !errors.Is(err, want) {
			t.Errorf("mode %v: %v, want %v", mode, err, want)
		}
	}
	if _, err := seal.Load(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestUpdateRotatesInPlace(t *testing.T) {
	path, r := ringFile(t)
	next, err := seal.File{Path: path}.Update(t.Context(), func(r *seal.Ring) (*seal.Ring, error) {
		next, _, err := r.Rotate(seal.Data)
		return next, err
	})
	if err != nil {
		t.Fatal(err)
	}
	loaded := need(t)(seal.Load(path))
	if len(loaded.Keys()) != 7 || len(next.Keys()) != 7 {
		t.Errorf("%v on file, %v returned; want 7 keys", loaded, next)
	}
	if _, err := loaded.Open(account, sealed(t, r)); err != nil {
		t.Errorf("old data: %v", err)
	}
	if _, err := loaded.Open(account, sealed(t, next)); err != nil {
		t.Errorf("new data: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFailedUpdateLeavesTheFile(t *testing.T) {
	path, _ := ringFile(t)
	before, _ := os.ReadFile(path)
	broken := errors.New("broken")
	file := seal.File{Path: path}
	if _, err := file.Update(t.Context(), func(*seal.Ring) (*seal.Ring, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("update: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file changed")
	}
	if err := os.WriteFile(path+".new", nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Update(t.Context(), func(r *seal.Ring) (*seal.Ring, error) { return r, nil }); err == nil || !strings.Contains(err.Error(), path+".new") {
		t.Errorf("update while another is under way: %v", err)
	}
}

// A key that is lost is data that are lost: no two updates may overwrite each other.
func TestUpdatesExcludeEachOther(t *testing.T) {
	path, _ := ringFile(t)
	var done atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := seal.File{Path: path}.Update(context.Background(), func(r *seal.Ring) (*seal.Ring, error) {
				next, _, err := r.Rotate(seal.Data)
				return next, err
			})
			if err == nil {
				done.Add(1)
			}
		})
	}
	group.Wait()
	if keys := len(need(t)(seal.Load(path)).Keys()); keys != 6+int(done.Load()) || done.Load() == 0 {
		t.Errorf("%d keys after %d updates, want 6 more than updates", keys, done.Load())
	}
}

func TestMalformedFileIsRefusedWithoutQuotingIt(t *testing.T) {
	path, _ := ringFile(t)
	good, _ := os.ReadFile(path)
	_, rest, _ := strings.Cut(string(good), `"value": "`)
	key, _, _ := strings.Cut(rest, `"`)
	tests := map[string]string{
		"empty":               "",
		"not JSON":            "keys",
		"trailing":            string(good) + "{}",
		"unknown field":       strings.Replace(string(good), `"format"`, `"extra": 1, "format"`, 1),
		"another format":      strings.Replace(string(good), "ring 1", "ring 2", 1),
		"another environment": strings.Replace(string(good), `"development"`, `"test"`, 1),
		"purpose missing":     strings.Replace(string(good), `"index": {`, `"other": {`, 1),
		"key cut":             strings.Replace(string(good), key, key[:len(key)-8], 1),
		"key not base64":      strings.Replace(string(good), key, "!"+key[1:], 1),
		"purposes swapped":    strings.NewReplacer(`"data": {`, `"index": {`, `"index": {`, `"data": {`).Replace(string(good)),
		"birthday of no key":  strings.Replace(string(good), `"created": {`, `"created": {"x": "2026-01-01T00:00:00Z", `, 1),
		"no primary":          strings.ReplaceAll(string(good), `"primaryKeyId"`, `"primaryKeyID"`),
		"wrapped":             strings.Replace(string(good), `"keysets"`, `"wrappedBy": "kms", "keysets"`, 1),
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring.json")
			if err := os.WriteFile(path, []byte(content), 0o400); err != nil {
				t.Fatal(err)
			}
			_, err := seal.Load(path)
			if err == nil {
				t.Fatal("loaded")
			}
			if strings.Contains(err.Error(), key[4:16]) {
				t.Errorf("the error quotes a key: %v", err)
			}
		})
	}
}

// wrapper stands for a KMS.
type wrapper struct {
	name string
	tink.AEAD
}

func (w wrapper) Name() string { return w.name }

func (w wrapper) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	return w.Encrypt(plain, associated)
}

func (w wrapper) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	return w.Decrypt(sealed, associated)
}

func kms(t *testing.T, name string) wrapper {
	t.Helper()
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		t.Fatal(err)
	}
	return wrapper{name, primitive}
}

func TestWrappedFile(t *testing.T) {
	r := need(t)(seal.Generate(seal.Production))
	outer := kms(t, "kms://ring")
	file := seal.File{Path: filepath.Join(t.TempDir(), "ring.json"), Wrapper: outer}
	if err := file.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	loaded := need(t)(file.Load(t.Context()))
	if _, err := loaded.Open(account, sealed(t, r)); err != nil {
		t.Errorf("the loaded ring does not open: %v", err)
	}
	content, _ := os.ReadFile(file.Path)
	if strings.Contains(string(content), `"value"`) || !strings.Contains(string(content), "encryptedKeyset") {
		t.Errorf("keys stand in clear:\n%s", content)
	}
	if _, err := seal.Load(file.Path); !errors.Is(err, seal.ErrWrapper) {
		t.Errorf("without the wrapper: %v", err)
	}
	if _, err := (seal.File{Path: file.Path, Wrapper: kms(t, "kms://other")}).Load(t.Context()); !errors.Is(err, seal.ErrWrapper) {
		t.Errorf("with a wrapper of another name: %v", err)
	}
	if _, err := (seal.File{Path: file.Path, Wrapper: kms(t, "kms://ring")}).Load(t.Context()); err == nil {
		t.Error("loaded with another key of the same name")
	}
	changed := filepath.Join(t.TempDir(), "changed.json")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(content), `"production"`, `"development"`, 1)), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := (seal.File{Path: changed, Wrapper: outer}).Load(t.Context()); err == nil {
		t.Error("a production ring passes for a development ring")
	}
}
