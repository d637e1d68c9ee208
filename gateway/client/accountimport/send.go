package accountimport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
)

// maxAttempts is how often a call that fails in passing is made.
const maxAttempts = 6

// maxNamed is how many refused rows one answer names.
const maxNamed = 1000

// outcome is what became of the rows of some messages.
type outcome struct {
	counts  Counts
	rejects []*porukav1.ImportReject
}

func (o *outcome) add(other outcome) {
	o.counts.add(other.counts)
	o.rejects = append(o.rejects, other.rejects...)
}

// named is how many refused rows are named.
func (o *outcome) named() int64 {
	rows := make(map[int64]struct{}, len(o.rejects))
	for _, reject := range o.rejects {
		rows[reject.GetRow()] = struct{}{}
	}
	return int64(len(rows))
}

// put puts messages and names every refused row.
func (r *importer) put(ctx context.Context, messages []*porukav1.ImportAccountsRequest) (outcome, error) {
	whole, err := r.persist(ctx, messages)
	if err != nil || whole.named() == whole.counts.Rejected {
		return whole, err
	}
	// The answer names only some of the refused rows. Putting the rest again changes nothing and names them.
	whole.rejects = nil
	for _, part := range partsOf(messages, maxNamed) {
		named, err := r.persist(ctx, part)
		if err != nil {
			return outcome{}, err
		}
		whole.rejects = append(whole.rejects, named.rejects...)
	}
	return whole, nil
}

// partsOf cuts messages into runs of at most rows rows; a message is at most 256.
func partsOf(messages []*porukav1.ImportAccountsRequest, rows int) [][]*porukav1.ImportAccountsRequest {
	var parts [][]*porukav1.ImportAccountsRequest
	held := rows
	for _, m := range messages {
		n := len(m.GetRows())
		if held+n > rows {
			parts, held = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], m)
		held += n
	}
	return parts
}

// persist repeats what fails in passing. What takes the gateway too long is tried in halves.
func (r *importer) persist(ctx context.Context, messages []*porukav1.ImportAccountsRequest) (outcome, error) {
	pause := r.config.Pause
	for attempt := 1; ; attempt++ {
		answer, err := r.stream(ctx, messages)
		if err == nil {
			return answer, nil
		}
		var failure *client.Failure
		if !errors.As(err, &failure) || !failure.Passing() || attempt == maxAttempts || ctx.Err() != nil {
			return outcome{}, err
		}
		if failure.Code == codes.DeadlineExceeded && len(messages) > 1 {
			return r.halves(ctx, messages)
		}
		if err := wait(ctx, max(pause, failure.RetryAfter)); err != nil {
			return outcome{}, err
		}
		pause *= 2
	}
}

func (r *importer) halves(ctx context.Context, messages []*porukav1.ImportAccountsRequest) (outcome, error) {
	whole, err := r.persist(ctx, messages[:len(messages)/2])
	if err != nil {
		return outcome{}, err
	}
	rest, err := r.persist(ctx, messages[len(messages)/2:])
	whole.add(rest)
	return whole, err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stream is one call.
func (r *importer) stream(ctx context.Context, messages []*porukav1.ImportAccountsRequest) (outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := r.config.Portal.ImportAccounts(ctx)
	if err != nil {
		return outcome{}, fmt.Errorf("importing: %w", client.Explain(err))
	}
	for _, m := range messages {
		if err := stream.Send(m); errors.Is(err, io.EOF) {
			break // the gateway has ended the call; the answer says why
		} else if err != nil {
			return outcome{}, fmt.Errorf("importing: %w", client.Explain(err))
		}
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return outcome{}, fmt.Errorf("importing: %w", client.Explain(err))
	}
	counts := Counts{
		Created: answer.GetCreated(), Updated: answer.GetUpdated(), Unchanged: answer.GetUnchanged(),
		LevelsKept: answer.GetLevelsKept(), Rejected: answer.GetRejected(),
	}
	if told, sent := counts.rows(), rowsOf(messages); told != sent {
		return outcome{}, fmt.Errorf("importing: the gateway answered for %d of %d rows", told, sent)
	}
	return outcome{counts: counts, rejects: answer.GetRejects()}, nil
}

func rowsOf(messages []*porukav1.ImportAccountsRequest) int64 {
	n := 0
	for _, m := range messages {
		n += len(m.GetRows())
	}
	return int64(n)
}
