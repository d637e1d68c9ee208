package server_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest/database"
)

// pair is two gateways on one ledger, with the same keys, certificates and roster. Whatever a caller begins at one it must be able to
// end at the other.
type pair [2]*gatewaytest.Gateway

func startPair(t *testing.T, cfg gatewaytest.Config) pair {
	t.Helper()
	first := gatewaytest.Start(t, cfg)
	cfg.DataDir, cfg.Unready, cfg.Accounts = first.Dir, true, 0
	return pair{first, gatewaytest.Start(t, cfg)}
}

// banks are a bank's connections to both.
func (p pair) banks(name string) [2]porukav1.ConfirmationServiceClient {
	return [2]porukav1.ConfirmationServiceClient{
		porukav1.NewConfirmationServiceClient(p[0].Conn(name)), porukav1.NewConfirmationServiceClient(p[1].Conn(name)),
	}
}

// TestTwoGatewaysAreOne sends every request to both gateways at the same time, several times: together they are one.
func TestTwoGatewaysAreOne(t *testing.T) { ledgers.OnServers(t, twoGatewaysAreOne) }

func twoGatewaysAreOne(t *testing.T, database string) {
	const accounts, times = 60, 6
	p := startPair(t, gatewaytest.Config{Accounts: accounts, Database: database})
	banks := p.banks("sberbank")
	names := map[string]bool{}
	for _, request := range raisable(t, p[0], accounts) {
		answers := make([]*porukav1.Confirmation, times)
		allTogether(times, func(i int) {
			answer, err := banks[i%2].ConfirmIdentity(t.Context(), request)
			if err != nil {
				t.Errorf("gateway %d: %v", i%2, err)
			}
			answers[i] = answer.GetConfirmation()
		})
		fresh := 0
		for _, answer := range answers {
			if !answer.GetReplayed() {
				fresh++
			}
			if !same(answer, answers[0]) {
				t.Fatalf("two answers to one request:\n%v\n%v", answer, answers[0])
			}
		}
		if fresh != 1 || answers[0].GetOutcome() != porukav1.Confirmation_CONFIRMED {
			t.Fatalf("%d answers are not replays, want 1; %v", fresh, answers[0])
		}
		names[answers[0].GetName()] = true
	}
	if n := len(recorded(t, p[1])); n != len(names) {
		t.Errorf("%d records of %d requests", n, len(names))
	}
}

// TestGuessesAtTwoGateways lets a bank guess at one account at both gateways at the same moment: the budget is one.
func TestGuessesAtTwoGateways(t *testing.T) { ledgers.OnServers(t, guessesAtTwoGateways) }

func guessesAtTwoGateways(t *testing.T, database string) {
	const guesses = 60
	p := startPair(t, gatewaytest.Config{Accounts: 60, Database: database})
	target, banks := raisable(t, p[0], 60)[0], p.banks("vtb")
	outcomes := make([]string, guesses)
	allTogether(guesses, func(i int) {
		out, err := banks[i%2].ConfirmIdentity(t.Context(), wrong(target, "1970-01-02"))
		a := answerOf(t, out, err)
		outcomes[i] = a.reason + out.GetConfirmation().GetOutcome().String()
	})
	slices.Sort(outcomes)
	counted := map[string]int{}
	for _, outcome := range outcomes {
		counted[outcome]++
	}
	none := porukav1.Confirmation_OUTCOME_UNSPECIFIED.String()
	if counted["NOT_MATCHED"] != failuresOfABank || counted["ATTEMPTS_EXHAUSTED"+none] != guesses-failuresOfABank {
		t.Errorf("%v, want %d guesses judged", counted, failuresOfABank)
	}
	for i, bank := range banks {
		truth := proto.CloneOf(target)
		truth.RequestId = uuid.NewString()
		if _, err := bank.ConfirmIdentity(t.Context(), truth); answerOf(t, nil, err).reason != "ATTEMPTS_EXHAUSTED" {
			t.Errorf("gateway %d: afterwards the truth gives %v", i, err)
		}
	}
}

// TestFoundAtAnotherGateway asks for a request at both gateways while one of them is deciding it, and afterwards: RUNNING is said by the
// one that is deciding, UNKNOWN means that a repeat is safe, and a repeat at the other gateway gets the one decision.
func TestFoundAtAnotherGateway(t *testing.T) { ledgers.OnServers(t, foundAtAnotherGateway) }

func foundAtAnotherGateway(t *testing.T, url string) {
	p := startPair(t, gatewaytest.Config{Accounts: 60, Database: url})
	request, banks := raisable(t, p[0], 60)[0], p.banks("vtb")
	find := func(i int) porukav1.FindConfirmationResponse_State {
		found, err := banks[i].FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: request.GetRequestId()})
		if err != nil {
			t.Fatal(err)
		}
		return found.GetState()
	}
	release := database.Hold(t, url, "SELECT id FROM account FOR UPDATE")
	answers := make(chan *porukav1.Confirmation, len(banks))
	ask := func(i int) {
		out, err := banks[i].ConfirmIdentity(t.Context(), request)
		if err != nil {
			t.Errorf("gateway %d: %v", i, err)
		}
		answers <- out.GetConfirmation()
	}
	go ask(0)
	await(t, "the first gateway says that it is deciding", func() bool { return find(0) == porukav1.FindConfirmationResponse_RUNNING })
	if got := find(1); got != porukav1.FindConfirmationResponse_UNKNOWN {
		t.Errorf("the other gateway says %s", got)
	}
	go ask(1)
	await(t, "the second gateway is deciding too", func() bool { return find(1) == porukav1.FindConfirmationResponse_RUNNING })
	release()
	one, other := <-answers, <-answers
	if !same(one, other) || one.GetReplayed() == other.GetReplayed() || one.GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Errorf("two answers:\n%v\n%v", one, other)
	}
	for i := range banks {
		if got := find(i); got != porukav1.FindConfirmationResponse_DECIDED {
			t.Errorf("afterwards gateway %d says %s", i, got)
		}
	}
}

// TestWithdrawnAtAnotherGateway takes back at one gateway what the other has confirmed.
func TestWithdrawnAtAnotherGateway(t *testing.T) { ledgers.OnServers(t, withdrawnAtAnotherGateway) }

func withdrawnAtAnotherGateway(t *testing.T, database string) {
	p := startPair(t, gatewaytest.Config{Accounts: 60, Database: database})
	request, banks := raisable(t, p[0], 60)[0], p.banks("vtb")
	id := confirmed(t, p[0], "vtb", request)
	var answers [2]*porukav1.WithdrawConfirmationResponse
	for i, bank := range []porukav1.ConfirmationServiceClient{banks[1], banks[0]} { // and again where it was confirmed
		answer, err := bank.WithdrawConfirmation(t.Context(), &porukav1.WithdrawConfirmationRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		answers[i] = answer
	}
	if !same(answers[0].GetConfirmation(), answers[1].GetConfirmation()) {
		t.Errorf("two answers:\n%v\n%v", answers[0], answers[1])
	}
	again := proto.CloneOf(request)
	again.RequestId = uuid.NewString()
	if out, err := banks[0].ConfirmIdentity(t.Context(), again); err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Errorf("the account cannot be confirmed again: %v, %v", out, err)
	}
	if _, err := banks[1].GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: uuid.NewString()}); answerOf(t, nil, err).code != codes.NotFound {
		t.Errorf("what nobody has confirmed: %v", err)
	}
}
