package notary

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// Notary keeps receipts and checkpoints. It is safe for concurrent use.
type Notary struct {
	Behind time.Duration // how long the log may lack something when the faults are over; not to be changed during a Check

	ring   *seal.Ring
	origin string
	signed []*tlog.Key
	keys   verify.Keys
	clock  func() time.Time

	mu       sync.Mutex
	promised map[ledger.EntryID]ledger.Record
	shown    map[int64]verify.Signed // by size
	forks    []string                // two roots of one size, or checkpoints that nobody trusted has signed
	told     Told
}

// Told counts what was kept and checked.
type Told struct {
	Receipts    int
	Entries     int           // that they name
	Checkpoints int           // of different sizes
	Slowest     time.Duration // until the log had everything
}

// String tells it in one line.
func (t Told) String() string {
	return fmt.Sprintf("%d receipts of %d entries, %d checkpoints, complete within %v", t.Receipts, t.Entries, t.Checkpoints, t.Slowest.Round(time.Millisecond))
}

// New makes a notary of the log that has this origin and the keys of this ring.
func New(ring *seal.Ring, origin string, clock func() time.Time) (*Notary, error) {
	lines, err := tlog.VerifierKeys(origin, ring)
	if err != nil {
		return nil, err
	}
	text := ""
	for _, line := range lines {
		text += line + "\n"
	}
	n := &Notary{Behind: Behind, ring: ring, origin: origin, clock: clock, promised: map[ledger.EntryID]ledger.Record{}, shown: map[int64]verify.Signed{}}
	if n.keys, err = verify.ParseKeys(text); err != nil {
		return nil, err
	}
	n.signed, err = tlog.Keys(origin, ring)
	return n, err
}

// Told tells what was kept.
func (n *Notary) Told() Told {
	n.mu.Lock()
	defer n.mu.Unlock()
	told := n.told
	told.Entries, told.Checkpoints = len(n.promised), len(n.shown)
	return told
}

// Errors of Receipt.
var (
	errOther   = errors.New("it is of another entry than the answer")
	errRecords = errors.New("another receipt of the entry names another record")
)

// Receipt checks the receipt of an answer offline, and keeps what it promises.
func (n *Notary) Receipt(c *porukav1.Confirmation) error {
	promise, err := verify.Receipt(c.GetReceipt(), n.keys)
	if err != nil {
		return err
	}
	if "confirmations/"+promise.Entry.String() != c.GetName() || !promise.DecidedAt.Equal(c.GetDecideTime().AsTime()) {
		return errOther
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told.Receipts++
	if record, again := n.promised[promise.Entry]; again && record != promise.Record {
		return errRecords
	}
	n.promised[promise.Entry] = promise.Record
	return nil
}

// Checkpoint keeps a checkpoint that was shown to somebody.
func (n *Notary) Checkpoint(text []byte) {
	signed, err := verify.Checkpoint(text, n.keys)
	n.mu.Lock()
	defer n.mu.Unlock()
	older, again := n.shown[signed.Size]
	switch {
	case err != nil:
		n.forks = append(n.forks, "checkpoint: one was shown that is not to be trusted: "+err.Error())
	case again && older != signed:
		n.forks = append(n.forks, fmt.Sprintf("checkpoint: two roots of %d entries were shown", signed.Size))
	default:
		n.shown[signed.Size] = signed
	}
}

// How Watch looks.
const (
	lookEvery    = 100 * time.Millisecond
	lookPatience = time.Second
)

// Watch looks at the newest checkpoint of a gateway, in spite of faults, until ctx ends.
func (n *Notary) Watch(ctx context.Context, conn func() grpc.ClientConnInterface) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		n.look(ctx, conn())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (n *Notary) look(ctx context.Context, conn grpc.ClientConnInterface) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	got, err := porukav1.NewLogServiceClient(conn).ProveConsistency(ctx, &porukav1.ProveConsistencyRequest{FromSize: 1})
	if err == nil {
		n.Checkpoint([]byte(got.GetCheckpoint()))
	}
}
