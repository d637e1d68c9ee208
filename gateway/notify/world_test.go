package notify_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a ledger, whoever writes to it, and one receiver's side of the line for all.
type world struct {
	t     testing.TB
	store *ledgertest.Memory
	ring  *seal.Ring
	keys  []ed25519.PublicKey // as receivers have them
	line  *line
	n     int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ring, err := seal.Generate(seal.Development)
	must(t, err)
	w := &world{t: t, store: &ledgertest.Memory{}, ring: ring}
	for _, text := range notify.PublicKeys(ring) {
		w.keys = append(w.keys, publicKey(t, text))
	}
	w.line = &line{t: t, keys: w.keys, got: map[string][]arrival{}}
	return w
}

// publicKey reads a line of PublicKeys as its receiver does, by the Standard Webhooks alone.
func publicKey(t testing.TB, text string) ed25519.PublicKey {
	t.Helper()
	key, _, _ := strings.Cut(text, " ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whpk_"))
	if err != nil || len(raw) != ed25519.PublicKeySize || !strings.HasPrefix(key, "whpk_") {
		t.Fatalf("%q is no public key", text)
	}
	return raw
}

// put stores entries and has them put into the log.
func (w *world) put(entries ...ledger.Entry) {
	w.t.Helper()
	for i := range entries {
		w.n++
		entries[i].ID = ledger.EntryID{byte(w.n >> 8), byte(w.n), 7}
		entries[i].DecidedAt, entries[i].Encoding = time.Now().UTC().Truncate(time.Microsecond), ledger.EncodingVersion
	}
	tlogtest.Put(w.t, w.ring, w.store, nil, entries...)
	tlogtest.Settle(w.t, w.ring, "test/ledger", w.store)
}

func confirmation(bank ledger.PartnerID) ledger.Entry {
	return ledger.Entry{
		Kind: ledger.KindConfirmation, Partner: bank, Account: ledger.AccountID{0xac, 0xc0}, Outcome: ledger.OutcomeConfirmed,
		Before: ledger.LevelStandard, After: ledger.LevelConfirmed, Method: ledger.MethodBank,
	}
}

// gateway is one that delivers. Killing it, it stores nothing more.
type gateway struct {
	feed    *notify.Feed
	service *notify.Service
	store   *mortal
	stop    func()
}

// mortal are bookmarks that can be cut off.
type mortal struct {
	ledger.Bookmarks
	mu     sync.Mutex
	isDead bool
	puts   int
}

var errDead = errors.New("dead")

func (m *mortal) PutBookmark(ctx context.Context, b ledger.Bookmark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	if m.isDead {
		return errDead
	}
	return m.Bookmarks.PutBookmark(ctx, b)
}

func (g *gateway) kill() {
	g.store.mu.Lock()
	g.store.isDead = true
	g.store.mu.Unlock()
	g.stop()
}

func (w *world) gateway(change func(*notify.Config)) *gateway {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	feed, err := notify.NewFeed(notify.FeedConfig{Ledger: w.store, Ring: w.ring, Logger: logger, Every: 10 * time.Second})
	must(w.t, err)
	g := &gateway{feed: feed, store: &mortal{Bookmarks: w.store}}
	cfg := notify.Config{
		Feed: feed, Bookmarks: g.store, Ring: w.ring, Sender: w.line, Receivers: func() []string { return []string{"portal", "sberbank", "vtb"} },
		Observer: nobody{}, Clock: time.Now, Logger: logger,
	}
	if change != nil {
		change(&cfg)
	}
	g.service, err = notify.New(cfg)
	must(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { must(w.t, feed.Run(ctx)) })
	all.Go(func() { must(w.t, g.service.Run(ctx)) })
	g.stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	w.t.Cleanup(g.stop)
	return g
}

type nobody struct{}

func (nobody) Tried(string, string)              {}
func (nobody) Delivered(string, time.Duration)   {}
func (nobody) Standing(string, int64, time.Time) {}
func (nobody) Left(string)                       {}

// told is an event as a receiver reads it.
type told struct {
	ID       string
	Type     string
	Receiver string
	Sequence int64
	Previous int64 `json:"previousSequence"`
	Time     time.Time
	Replay   bool
	Data     map[string]any
}

// arrival is one try.
type arrival struct {
	told
	at      time.Time
	isTaken bool
	body    string
}

// line delivers to receivers that check what they get. judge says what becomes of a try: whether it is taken, and what is answered.
type line struct {
	t     testing.TB
	keys  []ed25519.PublicKey
	mu    sync.Mutex
	got   map[string][]arrival
	judge func(receiver string, e told) (isTaken bool, err error)
}

func (l *line) Send(_ context.Context, receiver string, m notify.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e told
	if err := json.Unmarshal(m.Body, &e); err != nil || e.ID != m.ID {
		l.t.Errorf("%s: %v", m.Body, err)
	}
	if e.Receiver != receiver { // all are signed by one key: what is signed for one must not do for another
		l.t.Errorf("%s was told %s", receiver, m.Body)
	}
	if !l.verifies(m) {
		l.t.Errorf("the signature %q of %s is not of any key", m.Signature, m.Body)
	}
	isTaken, err := true, error(nil)
	if l.judge != nil {
		isTaken, err = l.judge(receiver, e)
	}
	l.got[receiver] = append(l.got[receiver], arrival{e, time.Now(), isTaken, string(m.Body)})
	return err
}

// verifies checks a message by the Standard Webhooks: any signature of the list, by any key that is known.
func (l *line) verifies(m notify.Message) bool {
	content := []byte(m.ID + "." + m.Timestamp + "." + string(m.Body))
	for text := range strings.FieldsSeq(m.Signature) {
		scheme, encoded, _ := strings.Cut(text, ",")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && scheme == "v1a" && slices.ContainsFunc(l.keys, func(key ed25519.PublicKey) bool { return ed25519.Verify(key, content, raw) }) {
			return true
		}
	}
	return false
}

// taken gives the events that a receiver took, in the order in which each came first, and how many came again.
func (l *line) taken(receiver string) (first []told, again int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]string{}
	for _, a := range l.got[receiver] {
		if !a.isTaken {
			continue
		}
		body, known := seen[a.ID]
		if known && body != a.body {
			l.t.Errorf("an event changed: %s and %s", body, a.body)
		}
		if seen[a.ID] = a.body; known {
			again++
			continue
		}
		first = append(first, a.told)
	}
	return first, again
}

// wantAll checks that a receiver has taken the events of these positions, in their order, each naming the one before.
func (l *line) wantAll(receiver string, positions ...int64) (again int) {
	l.t.Helper()
	first, again := l.taken(receiver)
	var got []int64
	previous := int64(-1)
	for _, e := range first {
		got = append(got, e.Sequence)
		if e.Previous != previous {
			l.t.Errorf("%s: event %d names %d as the one before, not %d", receiver, e.Sequence, e.Previous, previous)
		}
		previous = e.Sequence
	}
	if !slices.Equal(got, positions) {
		l.t.Errorf("%s has %v, want %v", receiver, got, positions)
	}
	return again
}
