package rest_test

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCalls compares the ways into one handler over mTLS. Client and server share the process; deploy/bench has them apart.
func BenchmarkCalls(b *testing.B) {
	d := chaintest.New(b)
	d.Services.Confirm = confirmed
	base := serve(b, d)
	request := &porukav1.ConfirmIdentityRequest{}
	if err := protojson.Unmarshal([]byte(good), request); err != nil {
		b.Fatal(err)
	}
	rpc := porukav1.NewConfirmationServiceClient(d.Dial(b, d.ServeGRPC(b), "bank/vtb"))
	overHTTP := func(http2 bool) func() error {
		c := client(b, d, http2, d.Client(b, "bank/vtb"))
		if transport, ok := c.Transport.(*http.Transport); ok {
			transport.MaxIdleConnsPerHost = 64
		}
		return func() error {
			response, err := c.Post(base+"/v1/confirmations", "application/json", strings.NewReader(good))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			return err
		}
	}
	for _, way := range []struct {
		name string
		call func() error
	}{
		{"gRPC", func() error { _, err := rpc.ConfirmIdentity(b.Context(), request); return err }},
		{"HTTP1", overHTTP(false)},
		{"HTTP2", overHTTP(true)},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetParallelism(8)
			b.ReportAllocs()
			before := cpu(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := way.call(); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
			d.Log.Take()
		})
	}
}
