package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyWrapper encrypts the keysets of a ring file with a key that is kept elsewhere. Tink's KMS clients give its two
// methods. It is called when a ring is loaded and written, never on the way of a request.
type KeyWrapper interface {
	// Name names the outer key; it stands in the file, and a file is loaded only with the wrapper of its name.
	Name() string
	tink.AEADWithContext
}

// File is where a ring is kept.
type File struct {
	Path    string
	Wrapper KeyWrapper // nil: the keysets stand in the file in clear
}

// Errors of files.
var (
	// ErrMode: the file could be read by others than its owner.
	ErrMode = errors.New("seal: the key ring must be readable by its owner alone (mode 0400)")
	// ErrWrapper: the keysets were wrapped with another key than the given one.
	ErrWrapper = errors.New("seal: the key ring is wrapped with another key")
	// ErrMalformed: the file is not a key ring.
	ErrMalformed = errors.New("seal: the key ring is malformed")
)

// Load reads a ring that stands in clear.
func Load(path string) (*Ring, error) { return File{Path: path}.Load(context.Background()) }

// Write creates a file, mode 0400, with the ring in clear. A file that exists is never touched.
func (r *Ring) Write(path string) error { return File{Path: path}.Create(context.Background(), r) }

const (
	format   = "poruka key ring 1"
	fileMode = 0o400
	maxSize  = 1 << 20
)

type document struct {
	Format      string                   `json:"format"`
	Environment string                   `json:"environment"`
	Created     time.Time                `json:"created"`
	WrappedBy   string                   `json:"wrappedBy,omitempty"`
	Keysets     map[Purpose]keysetObject `json:"keysets"`
}

type keysetObject struct {
	Created map[string]time.Time `json:"created"` // by key id
	Keyset  json.RawMessage      `json:"keyset"`  // as Tink writes it; an encrypted keyset when wrapped
}

// Load reads the ring. It refuses a file that others can read.
func (f File) Load(ctx context.Context) (*Ring, error) {
	data, err := readPrivate(f.Path)
	if err != nil {
		return nil, fmt.Errorf("key ring: %w", err)
	}
	r, err := f.decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", f.Path, err)
	}
	return r, nil
}

// Create writes the ring to a new file, mode 0400. A file that exists is never touched.
func (f File) Create(ctx context.Context, r *Ring) error {
	data, err := f.encode(ctx, r)
	if err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	if err := finish(file, data); err != nil {
		_ = os.Remove(f.Path)
		return fmt.Errorf("key ring: %w", err)
	}
	return syncDir(f.Path)
}

// Update loads the ring, lets change make another, and puts that in its place at once and durably. Two updates of one file
// exclude each other, by the file PATH.new; an update that was killed leaves it behind, to be removed by hand.
func (f File) Update(ctx context.Context, change func(*Ring) (*Ring, error)) (*Ring, error) {
	draft := f.Path + ".new"
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key ring: another change is under way, or was killed: see %s", draft)
	}
	if err != nil {
		return nil, fmt.Errorf("key ring: %w", err)
	}
	next, data, err := f.change(ctx, change)
	if err != nil {
		_ = file.Close()
		_ = os.Remove(draft)
		return nil, err
	}
	err = finish(file, data)
	if err == nil {
		err = os.Rename(draft, f.Path)
	}
	if err != nil {
		_ = os.Remove(draft)
		return nil, fmt.Errorf("key ring: %w", err)
	}
	return next, syncDir(f.Path)
}

func (f File) change(ctx context.Context, change func(*Ring) (*Ring, error)) (*Ring, []byte, error) {
	r, err := f.Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	next, err := change(r)
	if err != nil {
		return nil, nil, err
	}
	data, err := f.encode(ctx, next)
	return next, data, err
}

func (f File) encode(ctx context.Context, r *Ring) ([]byte, error) {
	d := document{Format: format, Environment: r.environment, Created: r.created, Keysets: map[Purpose]keysetObject{}}
	if f.Wrapper != nil {
		d.WrappedBy = f.Wrapper.Name()
	}
	for purpose, s := range r.sets {
		var buffer bytes.Buffer
		if err := f.writeSet(ctx, s.handle, &buffer, d.Environment, purpose); err != nil {
			return nil, fmt.Errorf("%s keys: %w", purpose, err)
		}
		object := keysetObject{Created: map[string]time.Time{}, Keyset: buffer.Bytes()}
		for id, born := range s.born {
			object.Created[strconv.FormatUint(uint64(id), 10)] = born
		}
		d.Keysets[purpose] = object
	}
	data, err := json.MarshalIndent(d, "", "  ")
	return append(data, '\n'), err
}

func (f File) decode(ctx context.Context, data []byte) (*Ring, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || d.Format != format || decoder.More() {
		return nil, ErrMalformed // what the decoder says might quote a key
	}
	name := ""
	if f.Wrapper != nil {
		name = f.Wrapper.Name()
	}
	if d.WrappedBy != name {
		return nil, ErrWrapper
	}
	r := &Ring{environment: d.Environment, created: d.Created, sets: map[Purpose]set{}}
	known := 0
	for _, purpose := range Purposes() {
		object, there := d.Keysets[purpose]
		if !there && purpose.isLate() {
			continue
		}
		known++
		s, err := f.decodeSet(ctx, object, d.Environment, purpose)
		if err != nil {
			return nil, err
		}
		r.sets[purpose] = s
	}
	if len(d.Keysets) != known {
		return nil, ErrMalformed
	}
	return r.ready()
}

func (f File) decodeSet(ctx context.Context, object keysetObject, environment string, purpose Purpose) (set, error) {
	handle, err := f.readSet(ctx, object.Keyset, environment, purpose)
	if err != nil {
		return set{}, err
	}
	born := map[uint32]time.Time{}
	for text, at := range object.Created {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return set{}, ErrMalformed
		}
		born[uint32(id)] = at
	}
	return set{handle, born}, nil
}

func (f File) writeSet(ctx context.Context, handle *keyset.Handle, to io.Writer, environment string, purpose Purpose) error {
	if f.Wrapper == nil {
		return insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(to))
	}
	return handle.WriteWithContext(ctx, keyset.NewJSONWriter(to), f.Wrapper, wrapLabel(environment, purpose))
}

func (f File) readSet(ctx context.Context, data []byte, environment string, purpose Purpose) (*keyset.Handle, error) {
	reader := keyset.NewJSONReader(bytes.NewReader(data))
	if f.Wrapper == nil {
		handle, err := insecurecleartextkeyset.Read(reader)
		if err != nil {
			return nil, ErrMalformed // what Tink says might quote a key
		}
		return handle, nil
	}
	handle, err := keyset.ReadWithContext(ctx, reader, f.Wrapper, wrapLabel(environment, purpose))
	if err != nil {
		return nil, fmt.Errorf("unwrapping the %s keys with %s: %w", purpose, f.Wrapper.Name(), err)
	}
	return handle, nil
}

// wrapLabel keeps a wrapped keyset from being used for another purpose, and a development one from passing for another.
func wrapLabel(environment string, purpose Purpose) []byte {
	return []byte("poruka keyset\x00" + environment + "\x00" + string(purpose))
}

func readPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrMode)
	}
	return io.ReadAll(io.LimitReader(file, maxSize))
}

// finish writes, makes durable and closes.
func finish(file *os.File, data []byte) error {
	_, err := file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDir makes the entry of a new file in its directory durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	return nil
}
