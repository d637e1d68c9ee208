package server_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

const (
	frozenDeadline = 2 * time.Second // of a caller
	frozenMost     = 3 * time.Second // of the gateway, for callers without
	frozenMargin   = 2 * time.Second // for a busy machine
)

// TestPostgreSQLStandsStill freezes the database server: every call ends by its deadline, the process says that it lives and is not ready,
// and when the server goes on the same requests are answered.
func TestPostgreSQLStandsStill(t *testing.T) {
	t.Parallel() // it waits a good deal
	s := postgres.StartPrivate(t, postgres.Config{})
	g := gatewaytest.Start(t, gatewaytest.Config{
		Database: s.NewDatabase(t), Accounts: 60, Change: func(c *config.Config) { c.Limits.MaxDeadline = frozenMost },
	})
	requests := raisable(t, g, 60)
	bank := porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	compliance := porukav1.NewAuditServiceClient(g.Conn("compliance"))
	confirmed(t, g, "vtb", requests[0])
	requests = requests[1:]
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Thaw() })

	var all sync.WaitGroup
	ends := func(what string, within time.Duration, call func(context.Context) error) {
		all.Go(func() {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if within != frozenMost {
				ctx, cancel = context.WithTimeout(ctx, within)
			}
			defer cancel()
			began := time.Now()
			err := call(ctx)
			took := time.Since(began)
			if a := answerOf(t, nil, err); err == nil || a.code != codes.DeadlineExceeded && a.code != codes.Unavailable {
				t.Errorf("%s: %s %s", what, a.refusedWith(), a.body)
			}
			if took > within+frozenMargin {
				t.Errorf("%s: took %v of %v", what, took, within)
			}
		})
	}
	for _, r := range requests {
		for what, within := range map[string]time.Duration{"a confirmation": frozenDeadline, "a confirmation without deadline": frozenMost} {
			ends(what, within, func(ctx context.Context) error {
				_, err := bank.ConfirmIdentity(ctx, r)
				return err
			})
		}
	}
	ends("a look-up", frozenDeadline, func(ctx context.Context) error {
		_, err := bank.FindConfirmation(ctx, &porukav1.FindConfirmationRequest{RequestId: requests[0].GetRequestId()})
		return err
	})
	ends("a list", frozenMost, func(ctx context.Context) error {
		_, err := compliance.ListRecords(ctx, &porukav1.ListRecordsRequest{})
		return err
	})
	for range 5 {
		lives(t, g)
	}
	if ready, trouble := readyz(t, g, "ledger"); ready || trouble == "" {
		t.Errorf("ready: %v %s", ready, trouble)
	}
	all.Wait()
	if err := s.Thaw(); err != nil {
		t.Fatal(err)
	}
	thawed := time.Now()
	await(t, "the gateway is ready again", func() bool { ready, _ := readyz(t, g, "ledger"); return ready })
	await(t, "banks are let in again", func() bool {
		_, err := bank.FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: requests[0].GetRequestId()})
		return err == nil
	})
	t.Logf("well %v after the thaw", time.Since(thawed))
	for _, r := range requests {
		if out, err := bank.ConfirmIdentity(t.Context(), r); err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Errorf("after the thaw: %v, %v", out, err)
		}
	}
	if n := len(recorded(t, g)); n != len(requests)+1 {
		t.Errorf("%d records of %d requests", n, len(requests)+1)
	}
}

// lives asks whether the process lives, which must not depend on anything else.
func lives(t *testing.T, g *gatewaytest.Gateway) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), frozenMargin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Server.OpsAddress().String()+"/livez", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/livez: HTTP %d", response.StatusCode)
	}
}
