package seal

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/signature"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Environments of a ring. A server refuses a development ring unless it runs for development.
const (
	Development = "development"
	Production  = "production"
)

// Purpose is what a key of the ring is for.
type Purpose string

// Purposes. Every ring has at least one key for each, but for one from before there was a log, or events: see Lacks.
const (
	Data    Purpose = "data"    // wraps the data keys of the accounts
	Index   Purpose = "index"   // makes blind indexes
	Request Purpose = "request" // makes entry ids and digests
	Log     Purpose = "log"     // signs receipts and checkpoints
	Mark    Purpose = "mark"    // marks the entries that we have made
	Event   Purpose = "event"   // signs the events that are delivered to banks and the portal
)

// Purposes lists all purposes.
func Purposes() []Purpose { return []Purpose{Data, Index, Request, Log, Mark, Event} }

// isLate: rings from before there was a log, or there were events, lack it.
func (p Purpose) isLate() bool { return p == Log || p == Mark || p == Event }

// Errors of rings.
var (
	// ErrEnvironment: neither development nor production.
	ErrEnvironment = errors.New("seal: the environment must be development or production")
	// ErrPurpose: the ring has no such purpose.
	ErrPurpose = errors.New("seal: the purpose must be data, index, request, log, mark or event")
	// ErrIndexRotation: a new index key would hide every account from those who look for it by SNILS.
	ErrIndexRotation = errors.New("seal: the index key cannot be rotated: every account would have to be indexed again")
	// ErrKey: the ring has no such key for the purpose.
	ErrKey = errors.New("seal: the ring has no such key")
)

// Ring is a set of keys. It never changes and is safe for concurrent use. Make one with Generate, Load or File.Load.
type Ring struct {
	environment string
	created     time.Time
	sets        map[Purpose]set

	data    map[uint32]tink.AEAD // by key id
	sealing uint32               // id of the key that wraps new data keys
	index   *mac
	request []*mac   // the newest first
	log     []LogKey // the newest first
	mark    []*mac   // the newest first
	event   []LogKey // the newest first
}

// set is one keyset with the birthdays of its keys, which Tink does not keep.
type set struct {
	handle *keyset.Handle
	born   map[uint32]time.Time
}

// Generate makes a ring with one new key for each purpose.
func Generate(environment string) (*Ring, error) {
	r := &Ring{environment: environment, created: now(), sets: map[Purpose]set{}}
	return r.Completed()
}

// Lacks lists the purposes for which the ring has no key: none, but for a ring from before there was a log, or events. What needs
// such a key gives nothing then: no signature, the zero mark.
func (r *Ring) Lacks() []Purpose {
	return slices.DeleteFunc(Purposes(), func(purpose Purpose) bool { return r.sets[purpose].handle != nil })
}

// Unfit lists the purposes that the ring lacks and without which no gateway may serve. Without one for events it may: none are delivered.
func (r *Ring) Unfit() []Purpose {
	return slices.DeleteFunc(r.Lacks(), func(purpose Purpose) bool { return purpose == Event })
}

// Completed gives a ring with a first key for each purpose that r lacks.
func (r *Ring) Completed() (*Ring, error) {
	next := &Ring{environment: r.environment, created: r.created, sets: maps.Clone(r.sets)}
	for _, purpose := range r.Lacks() {
		first, err := firstKey(purpose)
		if err != nil {
			return nil, err
		}
		next.sets[purpose] = first
	}
	return next.ready()
}

func firstKey(purpose Purpose) (set, error) {
	grown, id, err := add(keyset.NewManager(), purpose)
	if err != nil {
		return set{}, err
	}
	if err := grown.SetPrimary(id); err != nil {
		return set{}, fmt.Errorf("seal: %w", err)
	}
	handle, err := grown.Handle()
	if err != nil {
		return set{}, fmt.Errorf("seal: %w", err)
	}
	return set{handle, map[uint32]time.Time{id: now()}}, nil
}

// now is when a key is born. It is told to people and decides nothing.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) } //nolint:forbidigo // nothing is decided by it

func add(manager *keyset.Manager, purpose Purpose) (*keyset.Manager, uint32, error) {
	templates := map[Purpose]func() *tinkpb.KeyTemplate{
		Data: aead.AES256GCMKeyTemplate, Index: prf.HMACSHA256PRFKeyTemplate, Request: prf.HMACSHA256PRFKeyTemplate,
		Log: signature.ED25519KeyWithoutPrefixTemplate, Mark: prf.HMACSHA256PRFKeyTemplate, Event: signature.ED25519KeyWithoutPrefixTemplate,
	}
	template, ok := templates[purpose]
	if !ok {
		return nil, 0, ErrPurpose
	}
	id, err := manager.Add(template())
	if err != nil {
		return nil, 0, fmt.Errorf("seal: new %s key: %w", purpose, err)
	}
	return manager, id, nil
}

// Environment is Development or Production.
func (r *Ring) Environment() string { return r.environment }

// Development reports whether the ring was made for development.
func (r *Ring) Development() bool { return r.environment == Development }

// Created is when the ring was generated.
func (r *Ring) Created() time.Time { return r.created }

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	Purpose Purpose
	ID      uint32
	Primary bool      // makes what is new; the others only read what is old
	Created time.Time // when it was added to the ring
}

// Keys lists the keys by purpose, in each the oldest first.
func (r *Ring) Keys() []KeyInfo {
	var infos []KeyInfo
	for _, purpose := range Purposes() {
		s := r.sets[purpose]
		if s.handle == nil {
			continue
		}
		for entry := range entries(s.handle) {
			infos = append(infos, KeyInfo{purpose, entry.KeyID(), entry.IsPrimary(), s.born[entry.KeyID()]})
		}
	}
	return infos
}

// Stage gives a ring with one more key, which only reads. When several servers share a ring, each must have loaded the
// staged key before any of them promotes it: otherwise one would not find what another has written.
func (r *Ring) Stage(purpose Purpose) (*Ring, uint32, error) {
	if purpose == Index {
		return nil, 0, ErrIndexRotation
	}
	s, ok := r.sets[purpose]
	if !ok {
		return nil, 0, ErrPurpose
	}
	manager, id, err := add(keyset.NewManagerFromHandle(s.handle), purpose)
	if err != nil {
		return nil, 0, err
	}
	born := maps.Clone(s.born)
	born[id] = now()
	next, err := r.with(purpose, manager, born)
	return next, id, err
}

// Promote gives a ring in which a staged key makes what is new.
func (r *Ring) Promote(purpose Purpose, id uint32) (*Ring, error) {
	if purpose == Index {
		return nil, ErrIndexRotation
	}
	s, ok := r.sets[purpose]
	if !ok {
		return nil, ErrPurpose
	}
	manager := keyset.NewManagerFromHandle(s.handle)
	if err := manager.SetPrimary(id); err != nil {
		return nil, ErrKey
	}
	return r.with(purpose, manager, s.born)
}

// Rotate stages a new key and promotes it at once: for a single server, or while none runs.
func (r *Ring) Rotate(purpose Purpose) (*Ring, uint32, error) {
	staged, id, err := r.Stage(purpose)
	if err != nil {
		return nil, 0, err
	}
	next, err := staged.Promote(purpose, id)
	return next, id, err
}

func (r *Ring) with(purpose Purpose, manager *keyset.Manager, born map[uint32]time.Time) (*Ring, error) {
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	next := &Ring{environment: r.environment, created: r.created, sets: maps.Clone(r.sets)}
	next.sets[purpose] = set{handle, born}
	return next.ready()
}

// String tells the environment and how many keys there are.
func (r *Ring) String() string {
	return fmt.Sprintf("key ring for %s with %d keys", r.environment, len(r.Keys()))
}

// Format prints String whatever the verb, so that no verb shows a key.
func (r *Ring) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }

// LogValue is String.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON gives String: keys leave a ring only by File.
func (r *Ring) MarshalJSON() ([]byte, error) { return []byte(`"` + r.String() + `"`), nil }

// entries yields the enabled keys, the oldest first.
func entries(handle *keyset.Handle) func(func(*keyset.Entry) bool) {
	return func(yield func(*keyset.Entry) bool) {
		for i := range handle.Len() {
			entry, err := handle.Entry(i)
			if err == nil && entry.KeyStatus() == keyset.Enabled && !yield(entry) {
				return
			}
		}
	}
}

// newestFirst orders the keys: the primary, then the others from the last added to the first.
func newestFirst(handle *keyset.Handle) []*keyset.Entry {
	ordered := slices.Collect(entries(handle))
	slices.Reverse(ordered)
	slices.SortStableFunc(ordered, func(a, b *keyset.Entry) int {
		switch {
		case a.IsPrimary() == b.IsPrimary():
			return 0
		case a.IsPrimary():
			return -1
		default:
			return 1
		}
	})
	return ordered
}
