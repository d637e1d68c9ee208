package trial

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
)

// call makes one call and keeps what it came to.
func (r *run) call(ctx context.Context, p pending, gateway int, patience time.Duration) told {
	r.Place.Called(int(r.called.Add(1)))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn := r.Place.Conn(gateway, nameOf(p.call.Caller))
	var t told
	r.history.Do(p.client, p.call, func() (model.Answer, bool) {
		t = r.send(ctx, conn, p.call)
		return t.answer, !t.nothing
	})
	r.keep(p.call, t)
	return t
}

func (r *run) send(ctx context.Context, conn grpc.ClientConnInterface, c model.Call) told {
	banks, portal := porukav1.NewConfirmationServiceClient(conn), porukav1.NewPortalServiceClient(conn)
	switch c.Method {
	case model.Confirm:
		out, err := banks.ConfirmIdentity(ctx, r.cast.claim(c, r.plan.requests[c.Request].id))
		return orFailed(err, func() told { return decided(out.GetConfirmation()) })
	case model.Record:
		out, err := portal.RecordConfirmation(ctx, &porukav1.RecordConfirmationRequest{
			Id: r.cast.accounts[c.Account].AccountID, RequestId: r.plan.requests[c.Request].id, Method: porukav1.Account_Method(c.How),
		})
		return orFailed(err, func() told { return decided(out.GetConfirmation()) })
	case model.Withdraw:
		id := strings.TrimPrefix(r.nameOf(c.Request), "confirmations/")
		out, err := banks.WithdrawConfirmation(ctx, &porukav1.WithdrawConfirmationRequest{Id: id})
		return orFailed(err, func() told { return withdrawn(out.GetConfirmation()) })
	case model.Find:
		request := r.plan.requests[c.Request]
		out, err := banks.FindConfirmation(ctx, &porukav1.FindConfirmationRequest{RequestId: request.id, Bank: nameOf(request.owner)})
		return orFailed(err, func() told { return found(out) })
	case model.Put:
		out, err := portal.PutAccount(ctx, r.cast.put(c))
		return orFailed(err, func() told { return stands(out.GetAccount(), out.GetResult()) })
	default:
		out, err := portal.GetAccount(ctx, &porukav1.GetAccountRequest{Id: r.cast.accounts[c.Account].AccountID})
		return orFailed(err, func() told { return stands(out.GetAccount(), 0) })
	}
}

func orFailed(err error, otherwise func() told) told {
	if err != nil {
		return failed(err)
	}
	return otherwise()
}

func (r *run) nameOf(request uint8) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names[request]
}

// keep remembers what the end of the trial is compared with.
func (r *run) keep(c model.Call, t told) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[t.name]++
	if t.record != nil {
		r.decisions = append(r.decisions, decision{c, t})
		if c.Method != model.Withdraw {
			r.names[c.Request] = t.record.GetName()
		}
	}
	if c.Method == model.Put {
		count := r.puts[c.Account]
		switch {
		case t.answer.Result == model.Created, t.answer.Result == model.Updated:
			count.sure++
		case t.answer.Lost, t.answer.Result == model.Unchanged:
			count.perhaps++
		}
		r.puts[c.Account] = count
	}
}
