package server_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestOneOrderAtATime makes 50 orders about one account at the same moment.
func TestOneOrderAtATime(t *testing.T) {
	ledgers.OnEach(t, func(t *testing.T, database string) { oneOrderAtATime(t, 1, database) })
}

// TestOneOrderAtTwoGateways is the same at two gateways.
func TestOneOrderAtTwoGateways(t *testing.T) {
	ledgers.OnServers(t, func(t *testing.T, database string) { oneOrderAtATime(t, 2, database) })
}

func oneOrderAtATime(t *testing.T, gateways int, database string) {
	const creates, repeats = 50, 10
	o := newOrdering(t, gateways, gatewaytest.Config{Database: database})
	for _, who := range o.owners[:3] {
		shared := uuid.NewString()
		var mu sync.Mutex
		made := map[string]int{}
		allTogether(creates, func(i int) {
			request := &porukav1.CreateOrderRequest{RequestId: uuid.NewString(), AccountId: who.account, Bank: "sberbank"}
			if i < repeats {
				request.RequestId = shared
			}
			out, err := o.portals[i%gateways].CreateOrder(t.Context(), request)
			if err != nil {
				refusedAs(t, "one too many", err, codes.AlreadyExists, "ORDER_OPEN")
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[out.GetOrder().GetName()]++
		})
		if len(made) != 1 {
			t.Errorf("%d orders were made: %v", len(made), made)
		}
	}
	if n := len(everyRecord(t, o.g[0])); n != 3 {
		t.Errorf("%d records of 3 orders", n)
	}
	o.whole(database)
}

// TestCancelMeetsConfirm cancels and confirms at the same moment: exactly one wins, in the answers, the order, the account and the
// ledger.
func TestCancelMeetsConfirm(t *testing.T) {
	ledgers.OnEach(t, func(t *testing.T, database string) { cancelMeetsConfirm(t, 1, database) })
}

// TestCancelMeetsConfirmElsewhere does it at two gateways.
func TestCancelMeetsConfirmElsewhere(t *testing.T) {
	ledgers.OnServers(t, func(t *testing.T, database string) { cancelMeetsConfirm(t, 2, database) })
}

func cancelMeetsConfirm(t *testing.T, gateways int, database string) {
	rounds := 200
	if testing.Short() || underRace {
		rounds = 50
	}
	o := newOrdering(t, gateways, gatewaytest.Config{Database: database, Accounts: 120})
	if 10*len(o.owners) < rounds {
		t.Fatalf("%d accounts are too few", len(o.owners))
	}
	wins := map[porukav1.Order_State]int{}
	for n := range rounds {
		who := o.owners[n%len(o.owners)]
		order := o.create(n%gateways, who, "sberbank")
		claim := o.claim(order, who)
		var decided *porukav1.Confirmation
		var confirming, cancelling error
		allTogether(2, func(i int) {
			if i == 0 {
				decided, confirming = o.confirm((n+1)%gateways, claim)
			} else {
				_, cancelling = o.cancel(n%gateways, order)
			}
		})
		got := o.get(n%gateways, order)
		wins[got.GetState()]++
		switch {
		case confirming == nil && cancelling != nil:
			refusedAs(t, "the cancellation", cancelling, codes.FailedPrecondition, "ORDER_CLOSED")
			if got.GetState() != porukav1.Order_DECIDED || got.GetConfirmation().GetName() != decided.GetName() {
				t.Fatalf("confirmed, and then it is %v", got)
			}
			o.takeBack(n%gateways, decided)
		case confirming != nil && cancelling == nil:
			refusedAs(t, "the confirmation", confirming, codes.FailedPrecondition, "ORDER_CLOSED")
			if got.GetState() != porukav1.Order_CANCELLED {
				t.Fatalf("cancelled, and then it is %v", got)
			}
		default:
			t.Fatalf("confirming: %v; cancelling: %v", confirming, cancelling)
		}
	}
	t.Logf("confirmed %d, cancelled %d", wins[porukav1.Order_DECIDED], wins[porukav1.Order_CANCELLED])
	if want := 2*rounds + wins[porukav1.Order_DECIDED]; len(everyRecord(t, o.g[0])) != want {
		t.Errorf("%d records, want %d", len(everyRecord(t, o.g[0])), want)
	}
	o.whole(database)
}

// takeBack lets the bank take its confirmation back, so that the account can be ordered again.
func (o *ordering) takeBack(at int, confirmation *porukav1.Confirmation) {
	o.t.Helper()
	_, err := o.banks[at].WithdrawConfirmation(o.t.Context(),
		&porukav1.WithdrawConfirmationRequest{Id: strings.TrimPrefix(confirmation.GetName(), "confirmations/")})
	if err != nil {
		o.t.Fatal(err)
	}
}
