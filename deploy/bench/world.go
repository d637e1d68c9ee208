package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/ledger/seal"
)

// world is what all cases share: a data directory with accounts, and what banks say of their owners.
type world struct {
	*runCmd
	dir    string
	self   string // this program
	grpc   string // addresses of the measured server; one runs at a time
	rest   string
	ops    string
	claims []*porukav1.ConfirmIdentityRequest
	next   atomic.Int64 // claim to be sent; runs through all cases, so that each finds accounts to raise
}

func newWorld(ctx context.Context, c *runCmd, dir string) (*world, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &world{runCmd: c, dir: dir, self: self}
	for _, address := range []*string{&w.grpc, &w.rest, &w.ops} {
		if *address, err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// prepare fills the embedded ledger.
func (w *world) prepare(ctx context.Context) error {
	fmt.Fprintf(os.Stderr, "preparing %d accounts in %s\n", w.Embedded, w.dir)
	server, err := w.startGateway(ctx)
	if err != nil {
		return err
	}
	if err := server.stop(); err != nil {
		return err
	}
	return w.readClaims()
}

// invent gives what makes sealed accounts, the key ring under which it seals them, and the name of the log.
func (w *world) invent(ctx context.Context) (*sealer, *seal.Ring, string, error) {
	settings, err := config.Config{DataDir: w.data(), Dev: true}.Complete()
	if err != nil {
		return nil, nil, "", err
	}
	if err := os.MkdirAll(w.data(), 0o700); err != nil {
		return nil, nil, "", err
	}
	if err := development.Prepare(ctx, settings, time.Now); err != nil {
		return nil, nil, "", err
	}
	population, err := development.Population(w.data(), time.Now)
	if err != nil {
		return nil, nil, "", err
	}
	ring, err := seal.Load(settings.KeyRing)
	if err != nil {
		return nil, nil, "", err
	}
	s, err := newSealer(population, ring)
	return s, ring, settings.LogOrigin(), err
}

// readClaims prepares what banks say of the owners of all accounts that can be raised.
func (w *world) readClaims() error {
	population, err := development.Population(w.data(), time.Now)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, account := range population.Range(0, uint64(w.Embedded)) {
		if development.Raisable(account, now) {
			w.claims = append(w.claims, development.Claim(account))
		}
	}
	return nil
}

func (w *world) data() string         { return filepath.Join(w.dir, "data") }
func (w *world) certificates() string { return filepath.Join(w.data(), "certs") }

// startGateway starts the gateway on the shared ledger and waits until it is ready.
func (w *world) startGateway(ctx context.Context, flags ...string) (*process, error) {
	args := append([]string{
		"serve", "--dev", "--data-dir", w.data(), "--accounts", fmt.Sprint(w.Embedded),
		"--grpc-address", w.grpc, "--rest-address", w.rest, "--ops-address", w.ops,
	}, flags...)
	return startProcess(ctx, w.dir, w.Binary, args...)
}

// request is a claim under a new request id, with fresh times. The claim before it may still be under way: each is used again only
// once all others have been.
func (w *world) request() *porukav1.ConfirmIdentityRequest {
	r := w.claims[int(w.next.Add(1)-1)%len(w.claims)]
	now := timestamppb.New(time.Now().Add(-time.Second))
	return &porukav1.ConfirmIdentityRequest{
		RequestId: uuid.NewString(), Person: r.GetPerson(), BankAccount: r.GetBankAccount(),
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_SMS_CODE, Time: now},
		Consent:        &porukav1.Consent{Given: true, Time: now},
	}
}

// confirmGRPC confirms over gRPC.
func (w *world) confirmGRPC(c *clients) call {
	return func(ctx context.Context, caller int, _ int64) error {
		answer, err := c.confirmation(caller).ConfirmIdentity(ctx, w.request())
		if err != nil {
			return err
		}
		return expectConfirmed(answer.GetConfirmation().GetOutcome())
	}
}

func expectConfirmed(outcome porukav1.Confirmation_Outcome) error {
	if outcome != porukav1.Confirmation_CONFIRMED && outcome != porukav1.Confirmation_ALREADY_CONFIRMED {
		return fmt.Errorf("outcome %s", outcome)
	}
	return nil
}

// confirmREST confirms over REST.
func (w *world) confirmREST(c *clients) call {
	return func(ctx context.Context, caller int, _ int64) error {
		body, err := protojson.Marshal(w.request())
		if err != nil {
			return err
		}
		return c.post(ctx, caller, "/v1/confirmations", body)
	}
}

// refused sends a request that validation refuses, and wants the refusal.
func (w *world) refused(c *clients) call {
	return func(ctx context.Context, caller int, _ int64) error {
		request := w.request()
		request.RequestId = "not a UUID"
		if _, err := c.confirmation(caller).ConfirmIdentity(ctx, request); err == nil {
			return fmt.Errorf("a malformed request was answered")
		}
		return nil
	}
}

// withClients measures one case with connections of its own.
func (w *world) withClients(ctx context.Context, server *process, callers int, makeCall func(*clients) call) (sample, error) {
	c, err := dial(w.certificates(), bank, w.grpc, w.rest, callers)
	if err != nil {
		return sample{}, err
	}
	s, err := load{callers: callers, warmUp: w.WarmUp, duration: w.Duration, meter: meter{server: server}, one: makeCall(c)}.run(ctx)
	if closeErr := c.close(); err == nil {
		err = closeErr
	}
	return s, err
}

// freeAddress finds a port of this machine on which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
