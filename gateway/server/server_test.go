package server_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := beChild(dir, os.Getenv(childDatabase)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(ledgers.Main(m))
}

// ledgers are what the tests that need one run on.
var ledgers gatewaytest.Servers

// raisable are requests that raise an account each, with fresh times and ids.
func raisable(t *testing.T, g *gatewaytest.Gateway, accounts int) []*porukav1.ConfirmIdentityRequest {
	t.Helper()
	var requests []*porukav1.ConfirmIdentityRequest
	for _, account := range g.Population().Range(0, uint64(accounts)) {
		if !development.Raisable(account, time.Now()) {
			continue
		}
		request := development.Claim(account)
		request.RequestId = uuid.NewString()
		request.Authentication.Time = timestamppb.Now()
		request.Consent.Time = timestamppb.Now()
		requests = append(requests, request)
	}
	if len(requests) == 0 {
		t.Fatal("nobody to raise")
	}
	return requests
}

func TestABankRaisesAnAccountOnce(t *testing.T) { ledgers.OnEach(t, aBankRaisesAnAccountOnce) }

func aBankRaisesAnAccountOnce(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 100})
	bank := porukav1.NewConfirmationServiceClient(g.Conn("sberbank"))
	for _, request := range raisable(t, g, 100) {
		first, err := bank.ConfirmIdentity(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if got := first.GetConfirmation(); got.GetOutcome() != porukav1.Confirmation_CONFIRMED || got.GetReplayed() {
			t.Fatalf("first answer: %v", got)
		}
		second, err := bank.ConfirmIdentity(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if !second.GetConfirmation().GetReplayed() {
			t.Fatal("the second answer is not a replay")
		}
		second.GetConfirmation().Replayed = false
		if !proto.Equal(first, second) {
			t.Fatalf("the answers differ:\n%v\n%v", first, second)
		}
	}
}
