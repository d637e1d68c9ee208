package server_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// writing lets every bank confirm at the gateways in turn until the end of the test or stop. done counts the answers.
func writing(t *testing.T, gateways []*gatewaytest.Gateway, claims []*porukav1.ConfirmIdentityRequest) (done *atomic.Int64, stop func()) {
	t.Helper()
	banks, err := development.Banks()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done = &atomic.Int64{}
	var all sync.WaitGroup
	for i, bank := range banks {
		client := porukav1.NewConfirmationServiceClient(gateways[i%len(gateways)].Conn(string(bank)))
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				r := proto.CloneOf(claims[n%len(claims)])
				r.RequestId = uuid.NewString()
				if _, err := client.ConfirmIdentity(context.WithoutCancel(ctx), r); err != nil {
					t.Errorf("%s: %v", bank, err)
					return
				}
				done.Add(1)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	t.Cleanup(stop)
	return done, stop
}

// TestReportsWhileWriting exports reports while banks are being answered. Each must be whole and go on in the next: no entry may come to
// stand among those that a report has shown. What was answered is in the next report, or in one soon after.
func TestReportsWhileWriting(t *testing.T) { ledgers.OnEach(t, reportsWhileWriting) }

func reportsWhileWriting(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60, Database: database})
	reportsGrow(t, []*gatewaytest.Gateway{g}, raisable(t, g, 60))
}

// TestReportsOfTwoGatewaysAreOne is the same with two gateways that write and report in turn, and at rest compares their reports.
func TestReportsOfTwoGatewaysAreOne(t *testing.T) { ledgers.OnServers(t, reportsOfTwoGatewaysAreOne) }

func reportsOfTwoGatewaysAreOne(t *testing.T, database string) {
	p := startPair(t, gatewaytest.Config{Accounts: 60, Database: database})
	reportsGrow(t, p[:], raisable(t, p[0], 60))
	one, _ := report(t, p[0], "")
	other, _ := report(t, p[1], "")
	more, isLonger := bytes.CutPrefix(rowsOf(other), rowsOf(one))
	if !isLonger || bytes.Count(more, []byte("\n")) != 1 || looks(more) != 1 { // the second report shows that it was asked for
		t.Errorf("two reports of one ledger:\n%s\n%s", one, other)
	}
}

func reportsGrow(t *testing.T, gateways []*gatewaytest.Gateway, claims []*porukav1.ConfirmIdentityRequest) {
	t.Helper()
	const reports = 8
	done, stop := writing(t, gateways, claims)
	var before []byte
	next := func() (rows int64) {
		t.Helper()
		slices.Reverse(gateways)
		content, footer := report(t, gateways[0], "")
		if !bytes.HasPrefix(rowsOf(content), before) {
			t.Fatalf("a report of %d rows does not begin with the rows of the one before", footer.Rows)
		}
		before = rowsOf(content)
		return footer.Rows - looks(before)
	}
	for range reports {
		enough := done.Load() + 20
		await(t, "the banks are being answered", func() bool { return done.Load() >= enough })
		answered := done.Load()
		await(t, "a report holds what was answered", func() bool { return next() >= answered })
	}
	stop()
	await(t, "a report holds everything", func() bool { return next() >= done.Load() })
	if n := next(); n != done.Load() {
		t.Errorf("at the end %d rows of %d answers", n, done.Load())
	}
}
