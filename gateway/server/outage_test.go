package server_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

const (
	outageCallers  = 64
	outageAccounts = 200
	outageLength   = time.Second
	outageRecovery = 10 * time.Second // within which errors must end when the server is back
)

// outage is a load of banks that repeat what fails in passing, with the same id and after the time that the answer names, and what they
// have been told.
type outage struct {
	t      *testing.T
	g      *gatewaytest.Gateway
	claims []*porukav1.ConfirmIdentityRequest
	halt   atomic.Bool
	done   atomic.Int64

	mu       sync.Mutex
	answered map[string]*porukav1.Confirmation // by request id
	bankOf   map[string]string                 // by request id
	failures map[string]int                    // by code and reason
	failedAt []time.Time
	okAt     []time.Time
}

// ask sends a request once, over gRPC or REST.
type ask func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, *status.Status)

func (o *outage) overGRPC(bank string) ask {
	client := porukav1.NewConfirmationServiceClient(o.g.Conn(bank))
	return func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, *status.Status) {
		out, err := client.ConfirmIdentity(ctx, r)
		return out.GetConfirmation(), status.Convert(err)
	}
}

func (o *outage) overREST(bank string) ask {
	rest := doorOf(o.t, o.g, bank)
	return func(_ context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, *status.Status) {
		a, err := rest.try(http.MethodPost, "/v1/confirmations", asJSON(o.t, r))
		if err != nil {
			return nil, status.Convert(err)
		}
		if a.http != http.StatusOK {
			failed := status.New(a.code, "").Proto()
			if err := protojson.Unmarshal([]byte(a.body), failed); err != nil {
				o.t.Errorf("HTTP %d %s", a.http, a.body)
			}
			return nil, status.FromProto(failed)
		}
		out := &porukav1.ConfirmIdentityResponse{}
		err = protojson.Unmarshal([]byte(a.body), out)
		return out.GetConfirmation(), status.Convert(err)
	}
}

// call confirms until it is told to halt. No request is left without an answer.
func (o *outage) call(ctx context.Context, bank string, send ask) {
	for !o.halt.Load() {
		r := proto.CloneOf(o.claims[rand.IntN(len(o.claims))])
		r.RequestId = uuid.NewString()
		for {
			c, failed := send(ctx, r)
			if failed.Code() == codes.OK {
				o.keep(bank, r.GetRequestId(), c)
				break
			}
			wait, ok := o.mayRepeat(failed)
			if !ok || ctx.Err() != nil {
				o.t.Errorf("%s: a call failed with %v %v", bank, failed.Code(), failed.Proto())
				return
			}
			time.Sleep(wait) // as the answer asks
		}
	}
}

func (o *outage) keep(bank, id string, c *porukav1.Confirmation) {
	o.mu.Lock()
	o.answered[id], o.bankOf[id] = c, bank
	o.okAt = append(o.okAt, time.Now())
	o.mu.Unlock()
	o.done.Add(1)
}

// mayRepeat judges a failure: it must be one that a bank may repeat, say when, and tell nothing of what is behind the gateway.
func (o *outage) mayRepeat(failed *status.Status) (wait time.Duration, ok bool) {
	a := answerOf(o.t, nil, failed.Err())
	o.mu.Lock()
	o.failures[a.code.String()+" "+a.reason]++
	o.failedAt = append(o.failedAt, time.Now())
	o.mu.Unlock()
	for _, word := range []string{"SQLSTATE", "sql", "pgx", "postgres", "connect", "dial", "socket", "server closed", "EOF", "/"} {
		if text := strings.ReplaceAll(a.body, "type.googleapis.com/", ""); strings.Contains(text, word) {
			o.t.Errorf("a bank is told %q: %s", word, a.body)
		}
	}
	for _, detail := range failed.Details() {
		if retry, is := detail.(*errdetails.RetryInfo); is {
			wait = retry.GetRetryDelay().AsDuration()
		}
	}
	return wait, wait > 0 && (a.code == codes.Unavailable || a.code == codes.Aborted)
}

// TestPostgreSQLGoesAwayUnderLoad stops and kills the database server while banks confirm, and starts it again.
func TestPostgreSQLGoesAwayUnderLoad(t *testing.T) {
	t.Parallel() // it waits a good deal
	s := postgres.StartPrivate(t, postgres.Config{Durable: true})
	g := gatewaytest.Start(t, gatewaytest.Config{Database: s.NewDatabase(t), Accounts: outageAccounts})
	o := &outage{
		t: t, g: g, claims: raisable(t, g, outageAccounts), answered: map[string]*porukav1.Confirmation{}, bankOf: map[string]string{},
		failures: map[string]int{},
	}
	banks, err := development.Banks()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var callers sync.WaitGroup
	defer callers.Wait()
	defer o.halt.Store(true)
	for i := range outageCallers {
		bank := string(banks[i%len(banks)])
		send := o.overGRPC(bank)
		if i%4 == 0 {
			send = o.overREST(bank)
		}
		callers.Go(func() { o.call(ctx, bank, send) })
	}
	for name, end := range map[string]func() error{"halted": s.Halt, "killed": s.Kill} {
		o.passes(name, end, func() error { return s.Resume(ctx) })
	}
	o.halt.Store(true)
	callers.Wait()
	t.Logf("%d answers; failures %v", len(o.answered), o.failures)
	o.compare()
}

// passes is one outage: readiness falls and rises, and calls fail no longer than a while after the return.
func (o *outage) passes(name string, end, resume func() error) {
	t := o.t
	t.Helper()
	await(t, "there is load", o.more(200))
	if err := end(); err != nil {
		t.Fatal(err)
	}
	down := time.Now()
	await(t, "the gateway is not ready", func() bool { ready, trouble := readyz(t, o.g, "ledger"); return !ready && trouble != "" })
	unready := time.Since(down)
	time.Sleep(outageLength - time.Since(down)) // the load runs against nothing
	if err := resume(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	await(t, "the gateway is ready again", func() bool { ready, _ := readyz(t, o.g, "ledger"); return ready })
	ready := time.Since(back)
	await(t, "calls are answered", o.more(outageCallers))
	time.Sleep(2 * time.Second) // under load: late errors would come now
	await(t, "calls are answered still", o.more(500))

	o.mu.Lock()
	defer o.mu.Unlock()
	last, first := time.Duration(0), time.Duration(-1)
	during := 0
	for _, at := range o.failedAt {
		if at.After(down) && at.Before(back) {
			during++
		}
		last = max(last, at.Sub(back))
	}
	if i := slices.IndexFunc(o.okAt, back.Before); i >= 0 {
		first = o.okAt[i].Sub(back)
	}
	t.Logf("%s: not ready after %v; down for %v, %d calls failed meanwhile; after the return: ready in %v, first answer in %v, last failure in %v",
		name, unready, back.Sub(down), during, ready, first, last)
	if during == 0 {
		t.Error("nobody noticed that the server was away")
	}
	if last > outageRecovery {
		t.Errorf("%s: calls failed until %v after the return", name, last)
	}
}

// more is whether n more calls have been answered since now.
func (o *outage) more(n int64) func() bool {
	enough := o.done.Load() + n
	return func() bool { return o.done.Load() >= enough }
}

// compare looks for every answer in the ledger, and for anything else.
func (o *outage) compare() {
	t := o.t
	t.Helper()
	byName := map[string]*porukav1.Record{}
	for _, r := range everyRecord(t, o.g) {
		if byName[r.GetName()] != nil {
			t.Errorf("%s is in the ledger twice", r.GetName())
		}
		byName[r.GetName()] = r
	}
	raised := map[string]bool{}
	for id, c := range o.answered {
		r := byName[c.GetName()]
		if r == nil || r.GetOutcome() != c.GetOutcome() || r.GetBank() != o.bankOf[id] || !proto.Equal(r.GetDecideTime(), c.GetDecideTime()) {
			t.Errorf("request %s was answered %v; the ledger holds %v", id, c, r)
		}
		if r.GetOutcome() == porukav1.Confirmation_CONFIRMED {
			if raised[r.GetAccount()] {
				t.Errorf("%s was raised twice", r.GetAccount())
			}
			raised[r.GetAccount()] = true
		}
	}
	if len(byName) != len(o.answered) {
		t.Errorf("%d records of %d requests, all of which were answered", len(byName), len(o.answered))
	}
}

// ofBanks leaves out what the gateway notes itself: what staff look at, and seals.
func ofBanks(page *porukav1.ListRecordsResponse) []*porukav1.Record {
	return slices.DeleteFunc(slices.Clone(page.GetRecords()), func(r *porukav1.Record) bool {
		return r.GetKind() == porukav1.Confirmation_ACCESS || r.GetKind() == porukav1.Confirmation_SEAL
	})
}

// everyRecord is the whole list of records of banks and the portal.
func everyRecord(t *testing.T, g *gatewaytest.Gateway) []*porukav1.Record {
	t.Helper()
	client := porukav1.NewAuditServiceClient(g.Conn("compliance"))
	var all []*porukav1.Record
	for token := ""; ; {
		page, err := client.ListRecords(t.Context(), &porukav1.ListRecordsRequest{PageSize: 1000, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ofBanks(page)...)
		if token = page.GetNextPageToken(); token == "" {
			return all
		}
	}
}
