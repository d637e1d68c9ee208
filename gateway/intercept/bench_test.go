package intercept_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

// cpu gives the processor time of this process so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// echo is the least that a method can do.
type echo struct {
	porukav1.UnimplementedConfirmationServiceServer
}

func (echo) ConfirmIdentity(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	return confirmed(ctx, r)
}

// BenchmarkCalls compares, over mTLS with 64 callers, a bare server, the chain, and a refusal at validation. Client and server
// share the process, so that ratios are flattered; deploy/bench has them apart.
func BenchmarkCalls(b *testing.B) {
	d := chaintest.New(b)
	d.Services.Confirm = confirmed
	chained := d.ServeGRPC(b)

	bare := grpc.NewServer(grpc.Creds(credentials.NewTLS(d.Source.ServerConfig("h2"))))
	porukav1.RegisterConfirmationServiceServer(bare, echo{})
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = bare.Serve(listener) }()
	b.Cleanup(bare.Stop)

	bad := request()
	bad.Person.Snils = "112-233-445 951234567890123456789012345"
	for _, c := range []struct {
		name, address string
		request       *porukav1.ConfirmIdentityRequest
	}{
		{"bare", listener.Addr().String(), request()},
		{"chain", chained, request()},
		{"refused", chained, bad},
	} {
		b.Run(c.name, func(b *testing.B) {
			client := porukav1.NewConfirmationServiceClient(d.Dial(b, c.address, "bank/vtb"))
			b.SetParallelism(32)
			b.ReportAllocs()
			before := cpu(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, err := client.ConfirmIdentity(b.Context(), c.request)
					if (err != nil) != (c.request == bad) {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
			d.Log.Take()
		})
	}
}

func BenchmarkValidator(b *testing.B) {
	v, err := intercept.NewValidator()
	if err != nil {
		b.Fatal(err)
	}
	r := request()
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Check(r)
	}
}
