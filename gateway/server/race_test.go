package server_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// asker is a bank that asks over one transport.
type asker func(r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, answer)

// askers are both ways of a bank to ask, which share their connections.
func askers(t *testing.T, g *gatewaytest.Gateway, bank string) []asker {
	t.Helper()
	client, rest := porukav1.NewConfirmationServiceClient(g.Conn(bank)), doorOf(t, g, bank)
	overGRPC := func(r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, answer) {
		out, err := client.ConfirmIdentity(t.Context(), r)
		return out.GetConfirmation(), answerOf(t, out, err)
	}
	overREST := func(r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, answer) {
		a, err := rest.try(http.MethodPost, "/v1/confirmations", asJSON(t, r))
		out := &porukav1.ConfirmIdentityResponse{}
		if err != nil || a.http == http.StatusOK && protojson.Unmarshal([]byte(a.body), out) != nil {
			t.Errorf("REST: %v, HTTP %d %s", err, a.http, a.body)
		}
		return out.GetConfirmation(), a
	}
	return []asker{overGRPC, overREST}
}

// allTogether runs n calls that begin together.
func allTogether(n int, call func(i int)) {
	var ready, all sync.WaitGroup
	begin := make(chan struct{})
	ready.Add(n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			<-begin
			call(i)
		})
	}
	ready.Wait()
	close(begin)
	all.Wait()
}

// TestTwoBanksOneAccount lets two banks, each over both transports in turn, confirm the same accounts at the same moment.
func TestTwoBanksOneAccount(t *testing.T) { ledgers.OnEach(t, twoBanksOneAccount) }

func twoBanksOneAccount(t *testing.T, database string) {
	const accounts = 150
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: accounts})
	banks := [][]asker{askers(t, g, "sberbank"), askers(t, g, "vtb")}
	won := map[int]int{}
	for round, r := range raisable(t, g, accounts) {
		got := [2]*porukav1.Confirmation{}
		allTogether(2, func(i int) {
			mine := proto.CloneOf(r)
			mine.RequestId = uuid.NewString()
			got[i], _ = banks[i][(round+i*round/2)%2](mine)
		})
		outcomes := []string{got[0].GetOutcome().String(), got[1].GetOutcome().String()}
		if winner := slices.Index(outcomes, "CONFIRMED"); winner < 0 || outcomes[1-winner] != "ALREADY_CONFIRMED" {
			t.Errorf("round %d: %v", round, outcomes)
		} else {
			won[winner]++
			before, after := got[winner].GetLevelBefore(), got[1-winner].GetLevelBefore()
			if before != porukav1.Account_STANDARD || after != porukav1.Account_CONFIRMED {
				t.Errorf("round %d: the levels before are %s and, of the second, %s", round, before, after)
			}
		}
	}
	if won[0] == 0 || won[1] == 0 {
		t.Errorf("always the same bank is first: %v", won)
	}
}

// TestOneRequestManyTimes repeats one request id at the same moment, over both transports.
func TestOneRequestManyTimes(t *testing.T) { ledgers.OnEach(t, oneRequestManyTimes) }

func oneRequestManyTimes(t *testing.T, database string) {
	const repeats = 100
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	bank := askers(t, g, "vtb")
	for round, r := range raisable(t, g, 60)[:5] {
		got := make([]*porukav1.Confirmation, repeats)
		allTogether(repeats, func(i int) { got[i], _ = bank[i%2](r) })
		fresh := 0
		for _, c := range got {
			if !c.GetReplayed() {
				fresh++
			}
			c.Replayed = false
			if c.GetOutcome() != porukav1.Confirmation_CONFIRMED || !proto.Equal(c, got[0]) {
				t.Fatalf("round %d: two answers to one request:\n%v\n%v", round, c, got[0])
			}
		}
		if fresh != 1 {
			t.Errorf("round %d: %d of %d answers are not replays", round, fresh, repeats)
		}
		if n := recorded(t, g)[got[0].GetName()]; n != 1 {
			t.Errorf("round %d: the record holds it %d times", round, n)
		}
	}
}

// recorded counts the records by name.
func recorded(t *testing.T, g *gatewaytest.Gateway) map[string]int {
	t.Helper()
	page, err := porukav1.NewAuditServiceClient(g.Conn("compliance")).ListRecords(t.Context(), &porukav1.ListRecordsRequest{PageSize: 1000})
	if err != nil || page.GetNextPageToken() != "" {
		t.Fatalf("%d records, %v", len(page.GetRecords()), err)
	}
	count := map[string]int{}
	for _, r := range ofBanks(page) {
		count[r.GetName()]++
	}
	return count
}

// The budget of failures. Source: domain rules, challenge and limits.
const (
	failuresOfABank = 5
	failuresOfAll   = 20
)

// wrong makes another guess at an account.
func wrong(r *porukav1.ConfirmIdentityRequest, birth string) *porukav1.ConfirmIdentityRequest {
	guess := proto.CloneOf(r)
	guess.RequestId = uuid.NewString()
	guess.Person.BirthDate = birth
	return guess
}

// TestGuessesInParallel lets banks guess at one account at the same moment: not one guess more than the budget may be judged, and then
// not even the truth, without a bank being able to lock another out.
func TestGuessesInParallel(t *testing.T) { ledgers.OnEach(t, guessesInParallel) }

func guessesInParallel(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	target := raisable(t, g, 60)[0]
	judged := func(bank string, guesses int) int {
		var mu sync.Mutex
		ways, failed := askers(t, g, bank), 0
		allTogether(guesses, func(i int) {
			c, a := ways[i%2](wrong(target, "1970-01-02"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case c.GetOutcome() == porukav1.Confirmation_NOT_MATCHED:
				failed++
			case a.code != codes.ResourceExhausted || a.reason != "ATTEMPTS_EXHAUSTED":
				t.Errorf("a guess gave %s %s", a.refusedWith(), a.body)
			}
		})
		if _, a := ways[0](wrong(target, target.GetPerson().GetBirthDate())); a.reason != "ATTEMPTS_EXHAUSTED" {
			t.Errorf("%s: afterwards the truth gives %s %s", bank, a.refusedWith(), a.body)
		}
		return failed
	}
	guesses := map[string]int{"vtb": 200, "sberbank": 30, "tinkoff": 30, "pochtabank": 30}
	for bank := range guesses {
		if n := judged(bank, guesses[bank]); n != failuresOfABank {
			t.Errorf("%s had %d guesses, want %d", bank, n, failuresOfABank)
		}
	}
	// The budget over all banks is used up; one that has not failed itself may still try, once.
	if n := judged("bspb", 100); n != 1 {
		t.Errorf("the fifth bank had %d guesses after %d of others, want 1", n, failuresOfAll)
	}
	if n := len(recorded(t, g)); n != failuresOfAll+1 {
		t.Errorf("%d records of %d guesses", n, failuresOfAll+1)
	}
}

// TestUnknownLooksLikeMismatch compares, over both transports, the answer about a SNILS that nobody has with that about an account whose
// owner is another.
func TestUnknownLooksLikeMismatch(t *testing.T) { ledgers.OnEach(t, unknownLooksLikeMismatch) }

func unknownLooksLikeMismatch(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	known := raisable(t, g, 60)[0]
	unknown := proto.CloneOf(known)
	unknown.Person.Snils = g.Population().Account(5000).Person.SNILS
	confirm := methodNamed(t, porukav1.ConfirmationService_ConfirmIdentity_FullMethodName)
	rest, conn := doorOf(t, g, "vtb"), g.Conn("vtb")
	for name, ask := range map[string]func(*porukav1.ConfirmIdentityRequest) answer{
		"gRPC": func(r *porukav1.ConfirmIdentityRequest) answer { return withHeaders(t, confirm, conn, r) },
		"REST": func(r *porukav1.ConfirmIdentityRequest) answer {
			return rest.call(http.MethodPost, "/v1/confirmations", asJSON(t, r))
		},
	} {
		told := map[string]string{}
		for who, r := range map[string]*porukav1.ConfirmIdentityRequest{"known": wrong(known, "1970-01-02"), "unknown": wrong(unknown, "1970-01-02")} {
			a := ask(r)
			out := &porukav1.ConfirmIdentityResponse{}
			if err := protojson.Unmarshal([]byte(a.body), out); err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_MATCHED {
				t.Fatalf("%s, %s: %s", name, who, a.body)
			}
			varying := []string{r.GetRequestId(), "REQUEST", out.GetConfirmation().GetName(), "NAME", out.GetConfirmation().GetReceipt(), "RECEIPT"}
			body := strings.NewReplacer(varying...).Replace(a.body)
			before, after, _ := strings.Cut(body, `"decideTime":`)
			_, after, _ = strings.Cut(after, ",")
			told[who] = before + after
			for _, header := range []string{"content-length", "content-type"} {
				told[who] += strings.Join(a.header[header], "")
			}
		}
		if told["known"] != told["unknown"] {
			t.Errorf("%s:\n%s\n%s", name, told["known"], told["unknown"])
		}
	}
}
