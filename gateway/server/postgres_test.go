package server_test

import (
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestTwoGatewaysOnOneDatabase sends every request to both gateways at the same time, several times: together they are one.
func TestTwoGatewaysOnOneDatabase(t *testing.T) {
	const accounts = 60
	database := ledgers.PostgreSQL(t)
	first := gatewaytest.Start(t, gatewaytest.Config{Accounts: accounts, Database: database})
	second := gatewaytest.Start(t, gatewaytest.Config{DataDir: first.Dir, Unready: true, Database: database})

	var banks []porukav1.ConfirmationServiceClient
	for _, g := range []*gatewaytest.Gateway{first, second} {
		banks = append(banks, porukav1.NewConfirmationServiceClient(g.Conn("sberbank")))
	}
	names := map[string]bool{}
	for _, request := range raisable(t, first, accounts) {
		answers := atOnce(t, banks, request)
		fresh := 0
		for _, answer := range answers {
			if !answer.GetReplayed() {
				fresh++
			}
			answer.Replayed = false
			if !proto.Equal(answer, answers[0]) {
				t.Fatalf("two answers to one request:\n%v\n%v", answer, answers[0])
			}
		}
		if fresh != 1 || answers[0].GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Fatalf("%d answers are not replays, want 1; %v", fresh, answers[0])
		}
		names[answers[0].GetName()] = true
	}
	page, err := porukav1.NewAuditServiceClient(second.Conn("compliance")).ListRecords(t.Context(), &porukav1.ListRecordsRequest{PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.GetRecords()) != len(names) {
		t.Errorf("%d records of %d requests", len(page.GetRecords()), len(names))
	}
}

// atOnce sends a request to every gateway, some times each, all at once.
func atOnce(t *testing.T, banks []porukav1.ConfirmationServiceClient, request *porukav1.ConfirmIdentityRequest) []*porukav1.Confirmation {
	t.Helper()
	const times = 3
	var all sync.WaitGroup
	answers := make([]*porukav1.Confirmation, times*len(banks))
	for i := range answers {
		all.Go(func() {
			answer, err := banks[i%len(banks)].ConfirmIdentity(t.Context(), request)
			if err != nil {
				t.Errorf("gateway %d: %v", i%len(banks), err)
			}
			answers[i] = answer.GetConfirmation()
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return answers
}
