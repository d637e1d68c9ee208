package rpc

import (
	"context"
	"errors"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
	"github.com/poruka/poruka/ledger/tlog"
)

// Prover proves against the newest checkpoint; a *tlog.Prover is one.
type Prover interface {
	// Checkpoint reads the newest checkpoint and what it signs. The error is tlog.ErrNotYet when there is none.
	Checkpoint(context.Context) (text []byte, size int64, root [32]byte, err error)
	// Inclusion proves that an entry is in the log, or fails with tlog.ErrNotYet or tlog.ErrAltered.
	Inclusion(context.Context, ledger.Entry) (tlog.Inclusion, error)
	// Consistency proves that a tree begins with another, or fails with tlog.ErrRange.
	Consistency(ctx context.Context, from, to int64) ([][32]byte, error)
}

// noLog is a gateway without a log: nothing is in it yet.
type noLog struct{}

// Checkpoint fails.
func (noLog) Checkpoint(context.Context) (text []byte, size int64, root [32]byte, err error) {
	return nil, 0, root, tlog.ErrNotYet
}

// Inclusion fails.
func (noLog) Inclusion(context.Context, ledger.Entry) (tlog.Inclusion, error) {
	return tlog.Inclusion{}, tlog.ErrNotYet
}

// Consistency fails.
func (noLog) Consistency(context.Context, int64, int64) ([][32]byte, error) {
	return nil, tlog.ErrNotYet
}

// integrated is how long it usually takes until an entry is in the signed log.
const integrated = 2 * time.Second

// proofs is the service of whoever wants to see that the log holds.
type proofs struct {
	porukav1.UnsafeLogServiceServer
	cfg Config
}

// ProveInclusion proves that a record is in the log.
func (s proofs) ProveInclusion(ctx context.Context, in *porukav1.ProveInclusionRequest) (*porukav1.ProveInclusionResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, err := ledger.ParseEntryID(in.GetId())
	if err != nil {
		return nil, malformed("id", "must be a UUID")
	}
	reader := ledger.PartnerID(caller.ID)
	if caller.Role != certs.RoleBank {
		reader = ledger.PortalID // who sees all
	}
	e, err := s.cfg.Confirm.Get(ctx, reader, id)
	if err != nil {
		return nil, err
	}
	proof, err := s.cfg.Prover.Inclusion(ctx, e)
	if err != nil {
		return nil, unproved(err)
	}
	return &porukav1.ProveInclusionResponse{Proof: inclusion(e, proof)}, nil
}

// ProveConsistency proves that the log of one size begins with that of another.
func (s proofs) ProveConsistency(ctx context.Context, in *porukav1.ProveConsistencyRequest) (*porukav1.ProveConsistencyResponse, error) {
	text, size, _, err := s.cfg.Prover.Checkpoint(ctx)
	if err != nil {
		return nil, unproved(err)
	}
	from, to := in.GetFromSize(), in.GetToSize()
	if to == 0 {
		to = size
	} else if to < from {
		return nil, malformed("toSize", "must be at least fromSize")
	}
	hashes, err := s.cfg.Prover.Consistency(ctx, from, to)
	if err != nil {
		return nil, unproved(err)
	}
	return &porukav1.ProveConsistencyResponse{Hashes: slicesOf(hashes), Checkpoint: string(text), FromSize: from, ToSize: to}, nil
}

// unproved gives the fault for an error of a prover. That the log holds another record than the ledger, or tiles that do not lead to
// its root, is a defect: the cause is in the gateway's log.
func unproved(err error) error {
	switch {
	case errors.Is(err, tlog.ErrNotYet):
		return fault.Wrap(fault.Precondition, fault.NotInLogYet, err).After(integrated)
	case errors.Is(err, tlog.ErrRange):
		return fault.Wrap(fault.NotFound, fault.LogNotSoLong, err)
	default:
		return refusal.Ledger(err)
	}
}

// proofOf gives the proof of an entry; nil when there is none to give yet. An entry that is not the one in the log is not shown at
// all; other trouble with the log does not keep a bank from reading what was decided.
func (c Config) proofOf(ctx context.Context, e ledger.Entry) (*porukav1.InclusionProof, error) {
	proof, err := c.Prover.Inclusion(ctx, e)
	switch {
	case err == nil:
		return inclusion(e, proof), nil
	case errors.Is(err, tlog.ErrAltered), ctx.Err() != nil:
		return nil, refusal.Ledger(err)
	case !errors.Is(err, tlog.ErrNotYet):
		c.Unproved(ctx, err)
	}
	return nil, nil //nolint:nilnil // there is none, and that is told by its absence
}

func inclusion(e ledger.Entry, proof tlog.Inclusion) *porukav1.InclusionProof {
	record := canon.Record(e)
	return &porukav1.InclusionProof{
		Position: proof.Position, Record: record[:], TreeSize: proof.Size, Hashes: slicesOf(proof.Proof), Checkpoint: string(proof.Checkpoint),
	}
}

func slicesOf(hashes [][32]byte) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}
