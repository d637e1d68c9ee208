package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/gateway/wire"
)

// ConfirmIdentities confirms in bulk. A bulk is slowed down to the bank's limits rather than refused: nothing more is read from
// the stream while its limits are used up, while BulkRequests requests are under way, or while the caller does not read answers.
func (s confirmations) ConfirmIdentities(stream grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	b := &bulk{service: s, stream: stream, stop: cancel, places: make(chan struct{}, s.cfg.BulkRequests)}
	messages := receive(ctx, stream.Recv)
	err := b.readAll(ctx, messages)
	b.underWay.Wait()
	if broken := b.broken; broken != nil {
		return broken
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// bulk is one stream of requests.
type bulk struct {
	service  confirmations
	stream   grpc.BidiStreamingServer[porukav1.ConfirmIdentitiesRequest, porukav1.ConfirmIdentitiesResponse]
	stop     context.CancelFunc
	places   chan struct{}
	underWay sync.WaitGroup

	sending sync.Mutex
	broken  error // of sending, the first; guarded by sending until underWay is done
}

func (b *bulk) readAll(ctx context.Context, messages <-chan received[*porukav1.ConfirmIdentitiesRequest]) error {
	for {
		in, err := next(ctx, b.service.cfg.Draining, messages)
		if err != nil {
			return err
		}
		if err := b.service.cfg.Recheck(ctx); err != nil {
			return err
		}
		select {
		case b.places <- struct{}{}:
		case <-ctx.Done():
			return refusal.Ledger(ctx.Err())
		}
		b.begin(ctx, in)
	}
}

// begin waits until the bank's limits admit the request and answers it on a goroutine of its own. It gives the place back.
func (b *bulk) begin(ctx context.Context, in *porukav1.ConfirmIdentitiesRequest) {
	bank, err := b.service.cfg.bankOf(ctx, in.GetRequest().GetBank())
	var release func()
	if err == nil {
		release, err = b.admit(ctx, bank)
	}
	if err != nil {
		b.answer(in, nil, err)
		<-b.places
		return
	}
	b.underWay.Go(func() {
		defer func() { <-b.places }()
		defer release()
		out, err := b.decide(ctx, bank, in)
		b.answer(in, out, err)
	})
}

// admit waits for the bank's limits, each time as long as the limiter says. A request that would have to wait longer than its
// patience is refused with RATE_LIMIT: others of the bank use its limits up.
func (b *bulk) admit(ctx context.Context, bank confirm.Caller) (release func(), err error) {
	for waited := time.Duration(0); ; {
		release, wait, ok := b.service.cfg.Limiter.Allow(bank.Partner)
		if ok {
			return release, nil
		}
		if waited += wait; waited > itemPatience {
			return nil, fault.New(fault.Exhausted, fault.RateLimit).After(wait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, refusal.Ledger(ctx.Err())
		case <-b.service.cfg.Draining:
			timer.Stop()
			return nil, fault.New(fault.Unavailable, fault.ShuttingDown)
		}
	}
}

// decide judges and confirms one request, as the chain and the unary method do.
func (b *bulk) decide(ctx context.Context, bank confirm.Caller, in *porukav1.ConfirmIdentitiesRequest) (out *porukav1.Confirmation, err error) {
	defer func() {
		if value := recover(); value != nil { // the chain does not see this goroutine; the value may hold personal data
			err = fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("rpc: a request of a bulk panicked with a %T", value))
		}
	}()
	if in.GetRequest() == nil {
		return nil, malformed("request", "is required")
	}
	if err := b.service.cfg.Validate(in.GetRequest()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, itemPatience)
	defer cancel()
	return b.service.confirm(ctx, bank, in.GetRequest())
}

// answer sends one answer. When that fails, the stream is broken and the others stop.
func (b *bulk) answer(in *porukav1.ConfirmIdentitiesRequest, out *porukav1.Confirmation, err error) {
	answer := &porukav1.ConfirmIdentitiesResponse{RequestId: in.GetRequest().GetRequestId()}
	if err == nil {
		answer.Result = &porukav1.ConfirmIdentitiesResponse_Confirmation{Confirmation: out}
	} else {
		answer.Result = &porukav1.ConfirmIdentitiesResponse_Error{Error: wire.BulkError(err)}
	}
	b.sending.Lock()
	defer b.sending.Unlock()
	if b.broken != nil {
		return
	}
	if err := b.stream.Send(answer); err != nil {
		b.broken = err
		b.stop()
	}
}
