package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

const (
	rollingCallers  = 64
	rollingAccounts = 300
	rollingRounds   = 2
	rollingBetween  = 150              // answers between two restarts
	rollingPatience = 60 * time.Second // for those, and for one request with all its repeats
)

// rolling is what banks were told that know two gateways and repeat UNAVAILABLE with the same id.
type rolling struct {
	t      *testing.T
	claims []*porukav1.ConfirmIdentityRequest
	halt   atomic.Bool
	done   atomic.Int64

	mu       sync.Mutex
	answered map[string]*porukav1.Confirmation // by request id
	failures map[string]int                    // by reason; those that were repeated
}

// dialBoth makes a connection that takes the gateways in turn.
func (s *site) dialBoth(name string) *grpc.ClientConn {
	s.t.Helper()
	config, err := development.ProfileOf(s.dir, name, local(s.at[0].grpc), local(s.at[0].rest)).TLS("localhost:1")
	if err != nil {
		s.t.Fatal(err)
	}
	both := manual.NewBuilderWithScheme("both")
	both.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: s.at[0].grpc}, {Addr: s.at[1].grpc}}})
	conn, err := grpc.NewClient("both:///", grpc.WithResolvers(both), grpc.WithNoProxy(), grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 5 * time.Second}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// local is the address of a listener that is given as text.
type local string

// Network is that of all our listeners.
func (local) Network() string { return "tcp" }

// String is host:port.
func (l local) String() string { return string(l) }

// call confirms until it is told to halt. No request is left without an answer.
func (r *rolling) call(ctx context.Context, bank porukav1.ConfirmationServiceClient) {
	for !r.halt.Load() {
		request := proto.CloneOf(r.claims[rand.IntN(len(r.claims))])
		request.RequestId = uuid.NewString()
		request.Authentication.Time, request.Consent.Time = timestamppb.Now(), timestamppb.Now()
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			out, err := bank.ConfirmIdentity(ctx, request)
			if err == nil {
				r.keep(out.GetConfirmation())
				break
			}
			if !r.mayRepeat(err) || time.Since(began) > rollingPatience {
				r.t.Errorf("a call failed: %v", err)
				return
			}
		}
	}
}

func (r *rolling) keep(c *porukav1.Confirmation) {
	switch c.GetOutcome() {
	case porukav1.Confirmation_CONFIRMED, porukav1.Confirmation_ALREADY_CONFIRMED:
	default:
		r.t.Errorf("a true claim came to %v", c)
	}
	r.mu.Lock()
	r.answered[c.GetRequestId()] = c
	r.mu.Unlock()
	r.done.Add(1)
}

func (r *rolling) mayRepeat(err error) bool {
	failed, reason := status.Convert(err), "the line broke"
	for _, detail := range failed.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
	}
	r.mu.Lock()
	r.failures[reason]++
	r.mu.Unlock()
	return failed.Code() == codes.Unavailable
}

// TestRollingRestart runs two gateways on one PostgreSQL and ends each in turn, in order and by kill -9, and starts it anew, while banks
// that know both confirm. No call fails but with UNAVAILABLE, which a repeat with the same id mends; every answer is in the ledger,
// and nothing else is.
func TestRollingRestart(t *testing.T) {
	var servers gatewaytest.Servers
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	})
	url := servers.PostgreSQL(t)
	g := gatewaytest.Start(t, gatewaytest.Config{Database: url, Accounts: rollingAccounts})
	r := &rolling{t: t, answered: map[string]*porukav1.Confirmation{}, failures: map[string]int{}}
	for _, account := range g.Population().Range(0, rollingAccounts) {
		if development.Raisable(account, time.Now()) {
			r.claims = append(r.claims, development.Claim(account))
		}
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, g.Dir, url)
	gateways := [2]*process{s.start(0), s.start(1)}
	wait := r.begin(s)
	for name, sig := range map[string]syscall.Signal{"in order": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		for range rollingRounds {
			for i := range gateways {
				r.awaitMore(rollingBetween)
				gateways[i] = s.restart(i, gateways[i], sig)
			}
		}
		r.awaitMore(rollingBetween)
		t.Logf("%s: %d answers so far; repeated: %v", name, r.done.Load(), r.repeated())
	}
	wait()
	r.compare(porukav1.NewAuditServiceClient(s.dialBoth("compliance")))
	for i := range gateways {
		if err := gateways[i].end(syscall.SIGTERM); err != nil {
			t.Errorf("gateway %d did not end well: %v", i, err)
		}
	}
}

// begin lets the banks call, until the function that it returns is called or the test ends.
func (r *rolling) begin(s *site) (wait func()) {
	r.t.Helper()
	banks, err := development.Banks()
	if err != nil {
		r.t.Fatal(err)
	}
	var clients []porukav1.ConfirmationServiceClient
	for _, bank := range banks {
		clients = append(clients, porukav1.NewConfirmationServiceClient(s.dialBoth(string(bank))))
	}
	var callers sync.WaitGroup
	for i := range rollingCallers {
		callers.Go(func() { r.call(context.WithoutCancel(r.t.Context()), clients[i%len(clients)]) })
	}
	wait = sync.OnceFunc(func() { r.halt.Store(true); callers.Wait() })
	r.t.Cleanup(wait)
	return wait
}

func (r *rolling) awaitMore(n int64) {
	r.t.Helper()
	enough := r.done.Load() + n
	for deadline := time.Now().Add(rollingPatience); r.done.Load() < enough; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%d calls were not answered within %v", n, rollingPatience)
		}
	}
}

func (r *rolling) repeated() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.failures
	r.failures = map[string]int{}
	return found
}

// compare reads the ledger, page by page at either gateway.
func (r *rolling) compare(auditor porukav1.AuditServiceClient) {
	t := r.t
	t.Helper()
	records, raised := map[string]*porukav1.Record{}, map[string]bool{}
	for token, first := "", true; first || token != ""; first = false {
		page, err := auditor.ListRecords(t.Context(), &porukav1.ListRecordsRequest{PageSize: 500, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.GetRecords() {
			if isUntold(one.GetKind()) {
				continue
			}
			if records[one.GetName()] != nil {
				t.Errorf("%s is in the ledger twice", one.GetName())
			}
			records[one.GetName()] = one
			if one.GetOutcome() == porukav1.Confirmation_CONFIRMED && raised[one.GetAccount()] {
				t.Errorf("%s was raised twice", one.GetAccount())
			}
			raised[one.GetAccount()] = raised[one.GetAccount()] || one.GetOutcome() == porukav1.Confirmation_CONFIRMED
		}
		token = page.GetNextPageToken()
	}
	for id, c := range r.answered {
		if one := records[c.GetName()]; one == nil || one.GetOutcome() != c.GetOutcome() || !proto.Equal(one.GetDecideTime(), c.GetDecideTime()) {
			t.Errorf("request %s was answered %v; the ledger holds %v", id, c, one)
		}
	}
	if len(records) != len(r.answered) {
		t.Errorf("%d records of %d requests, all of which were answered", len(records), len(r.answered))
	}
}
