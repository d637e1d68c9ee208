package rpc

import (
	"context"

	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/gateway/wire"
)

// mostRows is how many rows one message of an import may hold, as its proto says.
const mostRows = 256

// ImportAccounts puts many accounts.
func (s accounts) ImportAccounts(stream grpc.ClientStreamingServer[porukav1.ImportAccountsRequest, porukav1.ImportAccountsResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	messages := receive(ctx, stream.Recv)
	done, err := s.cfg.Portal.Import(ctx, func() ([]portal.Row, error) {
		in, err := next(ctx, s.cfg.Draining, messages)
		if err != nil {
			return nil, err
		}
		if err := s.cfg.Recheck(ctx); err != nil {
			return nil, err
		}
		return s.rows(in)
	})
	if err != nil {
		return err
	}
	return stream.SendAndClose(importedOf(done))
}

// rows judges the message as a whole; each row is judged when it is read.
func (s accounts) rows(in *porukav1.ImportAccountsRequest) ([]portal.Row, error) {
	if n := len(in.GetRows()); n == 0 || n > mostRows || len(in.ProtoReflect().GetUnknown()) > 0 {
		return nil, malformed("rows", "must be 1 to 256 rows, and nothing else")
	}
	rows := make([]portal.Row, len(in.GetRows()))
	for i, row := range in.GetRows() {
		rows[i] = portal.Row{Number: row.GetRow(), Read: func() (portal.Put, error) {
			if row.GetAccount() == nil {
				return portal.Put{}, malformed("account", "is required")
			}
			if err := s.cfg.Validate(row.GetAccount()); err != nil {
				return portal.Put{}, err
			}
			return s.put(row.GetAccount())
		}}
	}
	return rows, nil
}

func importedOf(done portal.Imported) *porukav1.ImportAccountsResponse {
	out := &porukav1.ImportAccountsResponse{
		Created: done.Created, Updated: done.Updated, Unchanged: done.Unchanged, LevelsKept: done.LevelsKept, Rejected: done.Rejected,
	}
	for _, r := range done.Rejects {
		text := r.Text
		if text == "" {
			text = wire.TextOf(r.Reason, wire.English)
		}
		out.Rejects = append(out.Rejects, &porukav1.ImportReject{Row: r.Row, Field: r.Field, Reason: string(r.Reason), Text: text})
	}
	return out
}
