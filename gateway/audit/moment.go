package audit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// DefaultPatience is how long a report waits until what was recorded before it was asked for is in the signed log.
const DefaultPatience = 5 * time.Second

// lookEvery is the pause between looks at the log.
const lookEvery = 50 * time.Millisecond

// retryLog is the advice when nothing is signed yet.
const retryLog = 2 * time.Second

// fixed is the tree that a report is about.
type fixed struct {
	text  []byte // the signed checkpoint
	size  int64
	root  [32]byte
	until ledger.Cursor // a place in the ledger at or behind its last entry
}

// fix chooses the tree: of the size that is asked for, otherwise the newest one that is signed. For that it waits a while until
// it has all that the ledger has now. What comes later is not waited for, and a log that stands still is reported as far as it is.
func (s *Service) fix(ctx context.Context, size int64) (fixed, error) {
	if s.cfg.Log == nil {
		return fixed{}, fault.New(fault.Precondition, fault.NotInLogYet)
	}
	if size == 0 {
		if isEmpty, err := s.catchUp(ctx); isEmpty || err != nil {
			return s.nothing(err)
		}
	}
	var f fixed
	var err error
	if f.text, f.size, f.root, err = s.cfg.Prover.Checkpoint(ctx); err == nil && size > 0 {
		f.text, f.size, f.root, err = s.cfg.Prover.CheckpointAt(ctx, size)
	}
	if errors.Is(err, tlog.ErrNotYet) || (err == nil && size > 0 && f.size != size) {
		return fixed{}, fault.New(fault.Precondition, fault.NotInLogYet).After(retryLog)
	}
	if err != nil {
		return fixed{}, refusal.Ledger(err)
	}
	head, err := s.cfg.Log.LogHead(ctx)
	f.until = head.After
	return f, refusal.Ledger(err)
}

// nothing is the tree of an empty ledger. No signer signs that, and it takes no proof: its root is known.
func (s *Service) nothing(err error) (fixed, error) {
	if err != nil {
		return fixed{}, refusal.Ledger(err)
	}
	root := sha256.Sum256(nil)
	text := fmt.Sprintf("%s\n0\n%s\n", s.cfg.Key.Origin(), base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, s.cfg.Key)
	return fixed{text: signed, root: root}, refusal.Ledger(err)
}

// catchUp waits until the signed log has what the ledger has now, or until its patience ends. isEmpty: there is nothing.
func (s *Service) catchUp(ctx context.Context) (isEmpty bool, err error) {
	now, err := s.cfg.Ledger.Head(ctx)
	if err != nil {
		return false, err
	}
	if now == "" {
		head, err := s.cfg.Log.LogHead(ctx)
		return head.Size == 0, err
	}
	patience, cancel := context.WithTimeout(ctx, s.cfg.Patience)
	defer cancel()
	size := int64(-1) // of the log once it had all of it
	for {
		if size < 0 {
			if size, err = s.sizeWith(ctx, now); err != nil {
				return false, err
			}
		}
		_, signed, _, err := s.cfg.Prover.Checkpoint(ctx)
		if err != nil && !errors.Is(err, tlog.ErrNotYet) {
			return false, err
		}
		if size >= 0 && signed >= size {
			return false, nil
		}
		timer := time.NewTimer(lookEvery)
		select {
		case <-timer.C:
		case <-patience.Done():
			timer.Stop()
			return false, ctx.Err()
		}
	}
}

// sizeWith gives the size of the log if it has every entry up to a place; -1 if not.
func (s *Service) sizeWith(ctx context.Context, place ledger.Cursor) (int64, error) {
	head, err := s.cfg.Log.LogHead(ctx)
	if err != nil {
		return -1, err
	}
	if head.After == place {
		return head.Size, nil
	}
	missing, _, err := s.cfg.Ledger.Entries(ctx, ledger.Filter{}, ledger.Page{After: head.After, Until: place, Limit: 1})
	if err != nil || len(missing) > 0 {
		return -1, err
	}
	return head.Size, nil
}
