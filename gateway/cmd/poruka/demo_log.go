package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// auditor checks what the log has given, as anybody can who has its public keys.
type auditor struct {
	keys  verify.Keys
	log   porukav1.LogServiceClient
	audit porukav1.AuditServiceClient
}

func newAuditor(p client.Profile, conn *grpc.ClientConn) (*auditor, error) {
	keys, err := readLogKeys(p.LogKeys)
	if err != nil {
		return nil, fmt.Errorf("the keys of the log cannot be read: %w", err)
	}
	return &auditor{keys, porukav1.NewLogServiceClient(conn), porukav1.NewAuditServiceClient(conn)}, nil
}

// proofsEach is of how many answers one is proved to be in the log.
const proofsEach = 25

// check finds that every answer carries a good receipt, and proves for some of them that what was promised is in the log.
func (a *auditor) check(ctx context.Context, f *findings, answers []told) error {
	for i, t := range answers {
		promise, err := a.receipt(t.answer)
		if err != nil {
			f.addf("the receipt of %s that %s was given: %v", t.answer.GetName(), t.bank, err)
			continue
		}
		f.receipts++
		if i%proofsEach > 0 {
			continue
		}
		if err := a.included(ctx, t.answer, promise); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			f.addf("%s is not proved to be in the log: %v", t.answer.GetName(), err)
			continue
		}
		f.proofs++
	}
	return nil
}

var errOther = errors.New("it is about something else")

func (a *auditor) receipt(answer *porukav1.Confirmation) (verify.Promise, error) {
	promise, err := verify.Receipt(answer.GetReceipt(), a.keys)
	if err != nil {
		return promise, err
	}
	if promise.Entry.String() != idOf(answer.GetName()) || !sameTime(promise.DecidedAt, answer.GetDecideTime().AsTime()) {
		return promise, errOther
	}
	return promise, nil
}

// patience with the log, which is a second or two behind; and how often it is asked.
const (
	logPatience = 30 * time.Second
	logPause    = 200 * time.Millisecond
)

// included asks for the proof of an answer until there is one, and checks it.
func (a *auditor) included(ctx context.Context, answer *porukav1.Confirmation, promise verify.Promise) error {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	for {
		response, err := a.log.ProveInclusion(ctx, &porukav1.ProveInclusionRequest{Id: idOf(answer.GetName())})
		if err == nil {
			return a.proved(response.GetProof(), promise)
		}
		err = client.Explain(err)
		var failure *client.Failure
		if !errors.As(err, &failure) || failure.Reason != string(fault.NotInLogYet) {
			return err
		}
		select {
		case <-time.After(logPause):
		case <-ctx.Done():
			return err
		}
	}
}

func (a *auditor) proved(proof *porukav1.InclusionProof, promise verify.Promise) error {
	signed, err := verify.Checkpoint([]byte(proof.GetCheckpoint()), a.keys)
	if err != nil {
		return err
	}
	hashes := make([][32]byte, len(proof.GetHashes()))
	for i, hash := range proof.GetHashes() {
		if len(hash) != 32 {
			return verify.ErrMalformed
		}
		hashes[i] = [32]byte(hash)
	}
	if !bytes.Equal(proof.GetRecord(), promise.Record[:]) || signed.Size != proof.GetTreeSize() {
		return errOther
	}
	return verify.Inclusion(promise.Record, proof.GetPosition(), signed, hashes)
}
