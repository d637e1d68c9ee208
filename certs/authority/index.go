package authority

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The index is a file of JSON lines that only grows. A line is in force once its line feed is on disk; what follows the last
// line feed is what a crash has cut, and the next writer removes it.
const (
	indexFile = "index.jsonl"
	lockFile  = ".lock"
)

// Events of the index.
const (
	eventCreated = "created" // the CA itself; always first
	eventIssued  = "issued"
	eventRevoked = "revoked"
	eventListed  = "listed" // a revocation list was signed
)

// record is one line of the index.
type record struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`

	TrustDomain string `json:"trustDomain,omitempty"` // created
	ListLife    string `json:"listLife,omitempty"`

	Serial    string     `json:"serial,omitempty"` // issued, revoked; hexadecimal
	Identity  string     `json:"identity,omitempty"`
	DNSNames  []string   `json:"dnsNames,omitempty"`
	IPs       []string   `json:"ips,omitempty"`
	NotBefore *time.Time `json:"notBefore,omitempty"`
	NotAfter  *time.Time `json:"notAfter,omitempty"`
	SHA256    string     `json:"sha256,omitempty"` // of the certificate
	Renews    string     `json:"renews,omitempty"` // serial of the certificate that this one follows
	Reason    Reason     `json:"reason,omitempty"` // revoked

	Number int64 `json:"number,omitempty"` // listed
}

// index is the whole file.
type index struct {
	records []record
	size    int64 // up to the last line feed
}

func (x *index) created() bool { return len(x.records) > 0 }

// readIndex reads the index as far as it is complete. A missing file is an empty index.
func readIndex(dir string) (*index, error) {
	file, err := os.Open(filepath.Join(dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		return &index{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	defer file.Close()
	x, err := parseIndex(file)
	if err != nil {
		return nil, fmt.Errorf("authority: %s: %w", filepath.Join(dir, indexFile), err)
	}
	return x, nil
}

func parseIndex(from io.Reader) (*index, error) {
	x := &index{}
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return x, nil // line is empty or cut
		}
		if err != nil {
			return nil, err
		}
		var r record
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(x.records)+1, err)
		}
		if (r.Event == eventCreated) != (len(x.records) == 0) {
			return nil, fmt.Errorf("line %d: %q does not stand here", len(x.records)+1, r.Event)
		}
		if r.Event == eventIssued && (r.NotBefore == nil || r.NotAfter == nil) {
			return nil, fmt.Errorf("line %d: no dates", len(x.records)+1)
		}
		x.records = append(x.records, r)
		x.size += int64(len(line))
	}
}

// update lets one process at a time read the index, act, and append what it did.
func update(dir string, act func(*index) ([]record, error)) error {
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	defer lock.Close() // gives the lock back
	if err := lockFor(lock); err != nil {
		return fmt.Errorf("authority: locking %s: %w", dir, err)
	}
	x, err := readIndex(dir)
	if err != nil {
		return err
	}
	added, err := act(x)
	if err != nil {
		return err
	}
	return appendIndex(filepath.Join(dir, indexFile), x.size, added)
}

func appendIndex(path string, size int64, added []record) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, r := range added {
		if err := encoder.Encode(r); err != nil {
			return fmt.Errorf("authority: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	err = file.Truncate(size)
	if err == nil {
		_, err = file.WriteAt(lines.Bytes(), size)
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil && size == 0 {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("authority: the index: %w", err)
	}
	return nil
}
