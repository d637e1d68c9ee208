package notary

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/ledger/tlog/fsck"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// Behind is what a Notary has as its field of that name: an integrator that lost a race takes over after 3 s, the
// rest of a group may be missing for 10 s before the log halts, and a signer looks every 2 s.
const Behind = 20 * time.Second

const pollEvery = 50 * time.Millisecond

// most findings of fsck are listed; the others are counted.
const most = 10

// Check holds the log to what it promised. whole derives it from all entries too. The error is of the check, not of what it found.
func (n *Notary) Check(ctx context.Context, store fsck.Ledger, whole bool) (found []string, err error) {
	found, err = n.catchUp(ctx, store)
	if err != nil {
		return found, err
	}
	for _, check := range []func(context.Context, fsck.Ledger) ([]string, error){n.checkpoints, n.receipts} {
		more, err := check(ctx, store)
		if err != nil {
			return found, err
		}
		found = append(found, more...)
	}
	if whole {
		more, err := n.fsck(ctx, store)
		return append(found, more...), err
	}
	return found, nil
}

// catchUp waits until everything is in the log and signed.
func (n *Notary) catchUp(ctx context.Context, store fsck.Ledger) ([]string, error) {
	begin := n.clock()
	for {
		head, lack, err := n.lack(ctx, store)
		took := n.clock().Sub(begin)
		switch {
		case err != nil:
			return nil, err
		case lack == "":
			n.mu.Lock()
			defer n.mu.Unlock()
			n.told.Slowest = max(n.told.Slowest, took)
			return nil, nil
		case took > n.Behind:
			return []string{fmt.Sprintf("behind: %v after the faults, with %d entries in the log, %s", n.Behind, head.Size, lack)}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// lack says what is not in the log or not signed; empty when all is.
func (n *Notary) lack(ctx context.Context, store fsck.Ledger) (ledger.LogHead, string, error) {
	head, err := store.LogHead(ctx)
	if err != nil {
		return head, "", err
	}
	waiting, _, err := store.Unlogged(ctx, head, 1)
	if err != nil {
		return head, "", err
	}
	if len(waiting) > 0 {
		return head, fmt.Sprintf("entry %v is not in it", waiting[0].ID), nil
	}
	newest, err := n.newest(ctx, store)
	if err == nil && newest.Size != head.Size {
		return head, fmt.Sprintf("the newest checkpoint signs %d", newest.Size), nil
	}
	return head, "", err
}

// newest reads the newest checkpoint; the zero one when there is none.
func (n *Notary) newest(ctx context.Context, store fsck.Ledger) (verify.Signed, error) {
	text, err := store.Checkpoint(ctx, math.MaxInt64)
	if errors.Is(err, ledger.ErrNotFound) {
		return verify.Signed{}, nil
	}
	if err != nil {
		return verify.Signed{}, err
	}
	return verify.Checkpoint(text, n.keys)
}

// checkpoints proves that the log goes on from every checkpoint that was shown.
func (n *Notary) checkpoints(ctx context.Context, store fsck.Ledger) ([]string, error) {
	n.mu.Lock()
	found, shown := slices.Clone(n.forks), maps.Clone(n.shown)
	n.mu.Unlock()
	newest, err := n.newest(ctx, store)
	if err != nil {
		return found, err
	}
	prover, err := tlog.NewProver(tlog.ProverConfig{Log: store, Checkpoints: store, Origin: n.origin, Keys: n.signed})
	if err != nil {
		return found, err
	}
	for _, size := range slices.Sorted(maps.Keys(shown)) {
		if size > newest.Size {
			found = append(found, fmt.Sprintf("checkpoint: one of %d entries was shown, and the newest has %d", size, newest.Size))
			continue
		}
		proof, err := prover.Consistency(ctx, size, newest.Size)
		if err == nil {
			err = verify.Consistency(shown[size], newest, proof)
		}
		if err != nil && ctx.Err() == nil {
			found = append(found, fmt.Sprintf("checkpoint: the log of %d entries does not go on from that of %d: %v", newest.Size, size, err))
		}
	}
	return found, ctx.Err()
}

// receipts finds the entry of each receipt.
func (n *Notary) receipts(ctx context.Context, store fsck.Ledger) (found []string, err error) {
	n.mu.Lock()
	promised := maps.Clone(n.promised)
	n.mu.Unlock()
	for id, record := range promised {
		e, err := store.Entry(ctx, id)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
			found = append(found, fmt.Sprintf("receipt: entry %v was promised and is not there", id))
		case err != nil:
			return found, err
		case canon.Record(e) != record:
			found = append(found, fmt.Sprintf("receipt: entry %v has another record than was promised", id))
		}
	}
	return found, nil
}

// fsck derives everything from the entries.
func (n *Notary) fsck(ctx context.Context, store fsck.Ledger) (found []string, err error) {
	sum, err := fsck.Run(ctx, fsck.Config{Ledger: store, Ring: n.ring, Keys: n.keys, Report: func(f fsck.Finding) {
		if len(found) < most {
			found = append(found, fmt.Sprintf("fsck: %s at %d, entry %v, account %v: %s", f.Kind, f.Position, f.Entry, f.Account, f.What))
		}
	}})
	if sum.Findings > most {
		found = append(found, fmt.Sprintf("fsck: %d findings in all", sum.Findings))
	}
	if err == nil && (sum.Entries != sum.Size || sum.Waiting > 0) {
		found = append(found, fmt.Sprintf("fsck: the tree has %d of %d entries, %d wait", sum.Size, sum.Entries, sum.Waiting))
	}
	return found, err
}
