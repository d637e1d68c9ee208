package server_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// playBanks plays the banks of a prepared data directory, and writes their addresses into its roster.
func playBanks(t *testing.T, settings config.Config) map[partners.ID]*banks.Bank {
	t.Helper()
	configs, err := development.SandboxBanks(settings.DataDir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		playing.Wait()
	})
	all, ports := map[partners.ID]*banks.Bank{}, roster.Ports{}
	for _, one := range configs {
		bank, err := banks.New(one)
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all[bank.ID()] = bank
		if address, ok := listener.Addr().(*net.TCPAddr); ok {
			ports[bank.ID()] = address.Port
		}
		playing.Go(func() {
			if err := bank.Serve(ctx, listener); err != nil {
				t.Error(err)
			}
		})
	}
	if err := development.WriteRoster(settings, ports); err != nil {
		t.Fatal(err)
	}
	return all
}

// The portal orders a confirmation of a person of the sandbox, and the gateway pulls the data from the sandbox's bank.
func TestMagicPersonsByOrder(t *testing.T) {
	dir := t.TempDir()
	settings, err := config.Config{DataDir: dir, Dev: true}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
		t.Fatal(err)
	}
	played := playBanks(t, settings)
	g := gatewaytest.Start(t, gatewaytest.Config{DataDir: dir, Unready: true, Sandbox: true})
	portal := porukav1.NewPortalServiceClient(g.Conn("portal"))
	for range 12 { // more than may be ordered about anybody else
		if got := ordered(t, portal, played["vtb"], magic.All()[0]); got != "CONFIRMED" {
			t.Fatalf("ordered again: %s", got)
		}
	}
	for _, p := range magic.All() {
		if p.Held == nil || p.Held.Level != ledger.LevelStandard.String() || p.Fault != "" {
			continue // nothing can be ordered
		}
		for _, bank := range []partners.ID{"sberbank", "bspb"} {
			want := strings.Join(append([]string{p.Outcome}, p.Reasons...), " ")
			if got := ordered(t, portal, played[bank], p); got != want {
				t.Errorf("%s, %s: %s, want %s", bank, p.SNILS, got, want)
			}
		}
	}
}

// ordered orders a confirmation, lets the customer agree, and gives what came of it.
func ordered(t *testing.T, portal porukav1.PortalServiceClient, bank *banks.Bank, p magic.Person) string {
	t.Helper()
	made, err := portal.CreateOrder(t.Context(), &porukav1.CreateOrderRequest{AccountId: p.Held.ID, Bank: string(bank.ID()), RequestId: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(made.GetOrder().GetName(), "orders/")
	if err := bank.AgreeBySNILS(id, p.SNILS); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(3 * patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got, err := portal.GetOrder(t.Context(), &porukav1.GetOrderRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		if got.GetOrder().GetConfirmation() == nil {
			continue
		}
		if got.GetOrder().GetState() == porukav1.Order_PENDING { // it would be asked for again and again
			if _, err := portal.CancelOrder(t.Context(), &porukav1.CancelOrderRequest{Id: id}); err != nil {
				t.Error(err)
			}
		}
		words := []string{got.GetOrder().GetConfirmation().GetOutcome().String()}
		for _, reason := range got.GetOrder().GetConfirmation().GetReasons() {
			words = append(words, reason.GetReason().String())
		}
		return strings.Join(words, " ")
	}
	return "nothing"
}
