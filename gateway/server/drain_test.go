package server_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

const (
	drains        = 3
	drainAccounts = 200
	drainAfter    = 150 // answers of a round before the drain, and up to as many more
	drainAhead    = 50  // requests that a bulk sends without an answer
)

// load is what banks have sent in one round, and what became of it.
type load struct {
	t      *testing.T
	g      *gatewaytest.Gateway
	claims []*porukav1.ConfirmIdentityRequest

	mu       sync.Mutex
	sent     map[string]string                 // bank by request id
	streamed map[string]bool                   // request ids that went into a stream: their sender cannot know how far it was read
	answered map[string]*porukav1.Confirmation // by request id
	answers  atomic.Int64
}

// next makes a request that no bank has sent before.
func (l *load) next(bank string, streamed bool) *porukav1.ConfirmIdentityRequest {
	r := proto.CloneOf(l.claims[rand.IntN(len(l.claims))])
	r.RequestId = uuid.NewString()
	r.Authentication.Time, r.Consent.Time = timestamppb.Now(), timestamppb.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[r.GetRequestId()], l.streamed[r.GetRequestId()] = bank, streamed
	return r
}

func (l *load) keep(c *porukav1.Confirmation) {
	switch c.GetOutcome() {
	case porukav1.Confirmation_CONFIRMED, porukav1.Confirmation_ALREADY_CONFIRMED:
	default:
		l.t.Errorf("a true claim came to %v", c)
	}
	l.mu.Lock()
	l.answered[c.GetRequestId()] = c
	l.mu.Unlock()
	l.answers.Add(1)
}

// overGRPC calls until the gateway is gone. That is told by UNAVAILABLE and by nothing else.
func (l *load) overGRPC(ctx context.Context, bank string) {
	client := porukav1.NewConfirmationServiceClient(l.g.Conn(bank))
	for {
		out, err := client.ConfirmIdentity(ctx, l.next(bank, false))
		if err != nil {
			if status.Code(err) != codes.Unavailable {
				l.t.Errorf("gRPC, at the end: %v", err)
			}
			return
		}
		l.keep(out.GetConfirmation())
	}
}

// overREST calls until the gateway is gone: it answers 503 or not at all.
func (l *load) overREST(ctx context.Context, bank string) {
	rest := doorOf(l.t, l.g, bank)
	for ctx.Err() == nil {
		a, err := rest.try(http.MethodPost, "/v1/confirmations", asJSON(l.t, l.next(bank, false)))
		if err != nil || a.http == http.StatusServiceUnavailable {
			return
		}
		out := &porukav1.ConfirmIdentityResponse{}
		if err := protojson.Unmarshal([]byte(a.body), out); err != nil || a.http != http.StatusOK {
			l.t.Errorf("REST: HTTP %d %s", a.http, a.body)
			return
		}
		l.keep(out.GetConfirmation())
	}
}

// inBulk sends and hears until the stream is ended.
func (l *load) inBulk(ctx context.Context, bank string) {
	stream, err := porukav1.NewConfirmationServiceClient(l.g.Conn(bank)).ConfirmIdentities(ctx)
	if err != nil {
		l.t.Error(err)
		return
	}
	var sending sync.WaitGroup
	ahead := make(chan struct{}, drainAhead)
	sending.Go(func() {
		for stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: l.next(bank, true)}) == nil {
			select {
			case ahead <- struct{}{}:
			case <-stream.Context().Done():
				return
			}
		}
	})
	for {
		out, err := stream.Recv()
		if err != nil {
			if a := answerOf(l.t, nil, err); a.code != codes.Unavailable || errors.Is(err, io.EOF) {
				l.t.Errorf("bulk, at the end: %s %s", a.refusedWith(), a.body)
			}
			break
		}
		l.keep(out.GetConfirmation())
		<-ahead
	}
	sending.Wait()
}

// TestDrainUnderLoad stops a gateway that is busy on both transports, starts it anew on the same data at once, and compares: what was
// answered is recorded as it was answered; what was not answered is wholly there or not at all, and a call that is not of a stream is
// not there.
func TestDrainUnderLoad(t *testing.T) {
	t.Parallel() // it waits a good deal
	ledgers.OnEach(t, drainUnderLoad)
}

func drainUnderLoad(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: drainAccounts})
	claims := raisable(t, g, drainAccounts)
	for range drains {
		l := &load{
			t: t, g: g, claims: claims, sent: map[string]string{}, streamed: map[string]bool{}, answered: map[string]*porukav1.Confirmation{},
		}
		l.untilDrained()
		g = gatewaytest.Start(t, gatewaytest.Config{Database: database, DataDir: g.Dir, Unready: true})
		l.compare(g)
	}
}

func (l *load) untilDrained() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 2*patience)
	defer cancel()
	banks, err := development.Banks()
	if err != nil {
		l.t.Fatal(err)
	}
	var callers sync.WaitGroup
	for _, bank := range banks {
		for range 2 {
			callers.Go(func() { l.overGRPC(ctx, string(bank)) })
			callers.Go(func() { l.overREST(ctx, string(bank)) })
		}
		callers.Go(func() { l.inBulk(ctx, string(bank)) })
	}
	enough := drainAfter + rand.Int64N(drainAfter)
	for l.answers.Load() < enough && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	before := l.answers.Load()
	if err := l.g.Stop(); err != nil {
		l.t.Errorf("the gateway did not end well: %v", err)
	}
	callers.Wait()
	if ctx.Err() != nil {
		l.t.Fatal("the callers were not told that the gateway is gone")
	}
	if strings.Contains(l.g.Log(), "cut off") {
		l.t.Error("calls were cut off")
	}
	l.t.Logf("%d sent, %d answered, %d of them while draining", len(l.sent), len(l.answered), l.answers.Load()-before)
}

// compare asks the new gateway for every request of the round.
func (l *load) compare(g *gatewaytest.Gateway) {
	l.t.Helper()
	clients := map[string]porukav1.ConfirmationServiceClient{}
	lost := 0
	for id, bank := range l.sent {
		if clients[bank] == nil {
			clients[bank] = porukav1.NewConfirmationServiceClient(g.Conn(bank))
		}
		found, err := clients[bank].FindConfirmation(l.t.Context(), &porukav1.FindConfirmationRequest{RequestId: id})
		if err != nil {
			l.t.Fatal(err)
		}
		answer, known := l.answered[id]
		switch decided := found.GetState() == porukav1.FindConfirmationResponse_DECIDED; {
		case known && (!decided || !same(answer, found.GetConfirmation())):
			l.t.Errorf("answered %v\nrecorded %v", answer, found)
		case !known && decided:
			if lost++; !l.streamed[id] {
				l.t.Errorf("accepted, and yet not answered: %v", found)
			}
		case !known && found.GetState() != porukav1.FindConfirmationResponse_UNKNOWN:
			l.t.Errorf("half there: %v", found)
		}
	}
	l.t.Logf("%d recorded without an answer", lost)
}

// same compares an answer with what is recorded of it; how the claim was written is known only while it is decided.
func same(answer, recorded *porukav1.Confirmation) bool {
	a, r := proto.CloneOf(answer), proto.CloneOf(recorded)
	a.Normalisation, r.Normalisation, a.Replayed, r.Replayed = nil, nil, false, false
	if (a.GetReceipt() == "") != (r.GetReceipt() == "") { // it is signed anew whenever it is asked for
		return false
	}
	a.Receipt, r.Receipt = "", ""
	return proto.Equal(a, r)
}

// TestIdleStreamsDoNotHoldTheDrain opens every kind of stream, and leaves it and some connections idle: a drain must not wait for who does
// nothing.
func TestIdleStreamsDoNotHoldTheDrain(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	portal, bank := g.Conn("portal"), g.Conn("vtb")
	watch, err := healthv1.NewHealthClient(portal).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	bulk, err := porukav1.NewConfirmationServiceClient(bank).ConfirmIdentities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	imports, err := porukav1.NewPortalServiceClient(portal).ImportAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	described, err := reflectionv1.NewServerReflectionClient(bank).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		doorOf(t, g, "vtb").call(http.MethodGet, "/v1/caller", "")
	}
	if err := bulk.Send(&porukav1.ConfirmIdentitiesRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := bulk.Recv(); err != nil { // it is under way
		t.Fatal(err)
	}
	began := time.Now()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > patience || strings.Contains(g.Log(), "cut off") {
		t.Errorf("the drain took %v; the log:\n%s", took, g.Log())
	}
	for name, receive := range map[string]func() error{
		"health": func() error {
			for {
				if _, err := watch.Recv(); err != nil {
					return err
				}
			}
		},
		"bulk":       func() error { _, err := bulk.Recv(); return err },
		"import":     func() error { return imports.RecvMsg(&porukav1.ImportAccountsResponse{}) },
		"reflection": func() error { _, err := described.Recv(); return err },
	} {
		if err := receive(); status.Code(err) != codes.Unavailable {
			t.Errorf("%s ends with %v", name, err)
		}
	}
}
