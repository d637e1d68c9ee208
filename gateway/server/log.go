package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// lastPatience is how long the end of a server waits until what was confirmed is in the log and signed.
const lastPatience = 2 * time.Second

// logRooms are the parts that make the log and show it.
type logRooms struct {
	key        *tlog.Key
	receipts   *tlog.Receipts
	prover     *tlog.Prover
	publisher  *tlog.Publisher
	integrator *tlog.Integrator
	signer     *tlog.Signer
	refused    atomic.Bool // the signer does not sign what the log is
}

func (s *Server) openLog(context.Context, *closers) (err error) {
	key, err := tlog.NewKey(s.cfg.LogOrigin(), s.ring)
	if err != nil {
		return err
	}
	s.log.key = key
	keys, err := tlog.Keys(s.cfg.LogOrigin(), s.ring)
	if err != nil {
		return err
	}
	s.log.receipts, err = tlog.NewReceipts(tlog.ReceiptsConfig{Key: key, Marks: s.ring})
	if err != nil {
		return err
	}
	s.log.prover, err = tlog.NewProver(tlog.ProverConfig{Log: s.ledger, Checkpoints: s.ledger, Origin: s.cfg.LogOrigin(), Keys: keys})
	if err != nil {
		return err
	}
	s.log.publisher = tlog.NewPublisher(s.ledger, s.ledger)
	if s.log.integrator, err = s.newIntegrator(s.logAdvanced); err != nil {
		return err
	}
	if err := os.MkdirAll(s.cfg.DataDir, 0o700); err != nil { // a gateway of a database server may have nothing else in it
		return err
	}
	s.log.signer, err = tlog.NewSigner(tlog.SignerConfig{
		Log: s.ledger, Checkpoints: s.ledger, Key: key, Older: keys[1:], HeadFile: s.cfg.SignerHead(), Logger: s.cfg.Logger, Observe: s.observeSignature,
	})
	return err
}

func (s *Server) newIntegrator(observe func(tlog.Advance)) (*tlog.Integrator, error) {
	return tlog.NewIntegrator(tlog.IntegratorConfig{Log: s.ledger, Marks: s.ring, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Observe: observe})
}

// finishLog puts what was confirmed last into the log and signs it, as far as that is done soon: the next gateway would do it as well.
// The tasks of the log and the committer have ended.
func (s *Server) finishLog() {
	ctx, cancel := context.WithTimeout(context.Background(), lastPatience)
	defer cancel()
	if s.log.integrator.Halted() != nil || s.integrateRest(ctx) != nil {
		return
	}
	if err := s.log.signer.Sign(ctx); err != nil {
		s.cfg.Logger.Warn("what was confirmed last is not signed yet", "error", err)
	}
}

var errLeft = errors.New("server: not everything is in the log")

// integrateRest runs an integrator of its own, which waits for nobody, until nothing is left for it to do.
func (s *Server) integrateRest(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	result := errLeft
	var once sync.Once
	integrator, err := s.newIntegrator(func(a tlog.Advance) {
		if a.Entries > 0 && a.Err == nil {
			s.observeAdvance(a)
			return
		}
		once.Do(func() {
			if result = a.Err; a.Halted {
				result = errLeft
			}
			stop()
		})
	})
	if err != nil {
		return err
	}
	return errors.Join(integrator.Run(ctx), result)
}

func (s *Server) observeAdvance(a tlog.Advance) {
	err := a.Err
	if errors.Is(err, ledger.ErrConflict) { // another gateway was faster
		err = nil
	}
	s.metrics.Integrated(a.Entries, a.Size, a.Delay, err)
	s.metrics.LogHalted(a.Halted)
}

func (s *Server) observeSignature(signed tlog.Signature) {
	if signed.Refused || signed.Err == nil {
		s.log.refused.Store(signed.Refused)
		s.metrics.SignerRefused(signed.Refused)
	}
	if signed.Err == nil {
		s.metrics.Signed(signed.Size, s.cfg.Clock())
	}
}

var errRefused = errors.New("the signer refuses the log: it is not what was signed of it; confirmations go on")

// checkLog tells what an operator must see to. Confirmations do not wait for the log, so the gateway is ready all the same.
func (s *Server) checkLog(context.Context) error {
	if fault := s.log.integrator.Halted(); fault != nil {
		return fmt.Errorf("the log is halted, confirmations go on: %w", fault)
	}
	if s.log.refused.Load() {
		return errRefused
	}
	return nil
}

func (s *Server) unproved(ctx context.Context, err error) {
	s.cfg.Logger.ErrorContext(ctx, "a confirmation is shown without its proof", "error", err)
}
