package intercept_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func TestDeadlines(t *testing.T) {
	d := chaintest.New(t, func(c *intercept.Config) { c.MaxDeadline = 5 * time.Second })
	var left time.Duration
	reached := false
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		deadline, ok := ctx.Deadline()
		left, reached = time.Until(deadline), ok
		return confirmed(ctx, r)
	}
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	call := func(timeout time.Duration) error {
		ctx := t.Context()
		if timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		left, reached = 0, false
		_, err := client.ConfirmIdentity(ctx, request())
		return err
	}
	for timeout, most := range map[time.Duration]time.Duration{0: 5 * time.Second, time.Hour: 5 * time.Second, 2 * time.Second: 2 * time.Second} {
		if err := call(timeout); err != nil || !reached || left > most || left < most-time.Second {
			t.Errorf("timeout %v: %v is left, want %v (%v)", timeout, left, most, err)
		}
	}
	if err := call(60 * time.Millisecond); status.Code(err) != codes.DeadlineExceeded || reached {
		t.Errorf("60 ms: %v, handler reached: %v", err, reached)
	}
}

func TestAnExpiredDeadlineOfTheHandler(t *testing.T) {
	d := chaintest.New(t, func(c *intercept.Config) { c.MaxDeadline = 120 * time.Millisecond })
	d.Services.Confirm = func(ctx context.Context, _ *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, d.ServeGRPC(t), "bank/vtb"))
	_, err := client.ConfirmIdentity(t.Context(), request())
	wantRefusal(t, "late handler", err, codes.DeadlineExceeded, "DEADLINE")
	if _, running := d.Limiter.Counts(); running != 0 {
		t.Errorf("%d slots are still taken", running)
	}
}

func TestRate(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		if _, running := d.Limiter.Counts(); running != 1 {
			t.Errorf("%d slots are taken during the call", running)
		}
		return confirmed(ctx, r)
	}
	address := d.ServeGRPC(t)
	client := porukav1.NewConfirmationServiceClient(d.Dial(t, address, "bank/vtb"))
	if _, err := client.ConfirmIdentity(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ConfirmIdentity(t.Context(), &porukav1.ConfirmIdentityRequest{}); err == nil {
		t.Fatal("an empty request was served")
	}
	lines(t, d, "call", 2)
	if allowed, running := d.Limiter.Counts(); allowed != 2 || running != 0 {
		t.Errorf("%d calls admitted, %d slots still taken; malformed requests count as well", allowed, running)
	}
	d.Limiter.Full = true
	_, err := client.ConfirmIdentity(t.Context(), request())
	wantRefusal(t, "over the limit", err, codes.ResourceExhausted, "RATE_LIMIT")
	if info, ok := detail[*errdetails.RetryInfo](status.Convert(err)); !ok || info.GetRetryDelay().AsDuration() != 1500*time.Millisecond {
		t.Errorf("advice %v", info)
	}
	if _, err := porukav1.NewCallerServiceClient(d.Dial(t, address, "operator")).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
		t.Errorf("the banks' limits hold an operator up: %v", err)
	}
}
