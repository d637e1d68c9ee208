package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/gateway/server"
)

// childDir is set in the environment of a process that is to be a gateway and nothing else, and childDatabase when its ledger is not
// the embedded one.
const (
	childDir      = "PORUKA_TEST_CHILD_DIR"
	childDatabase = "PORUKA_TEST_CHILD_DATABASE"
)

const (
	kills         = 50
	killsShort    = 5
	killsOnServer = 15 // the database server does not die with the gateway
	killCallers   = 64
	killAccounts  = 9000
	killAfterMost = 100 // answers of a round; the moment of the kill is what is being varied
	killPatience  = 20 * time.Second
)

// beChild serves in this process until it is killed.
func beChild(dir, database string) error {
	settings, err := config.Config{
		DataDir: dir, DatabaseURL: database, Dev: true, Listen: config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
	}.Complete()
	if err != nil {
		return err
	}
	gateway, err := server.New(context.Background(), server.Config{
		Config: settings, Version: "test", Logger: slog.New(slog.DiscardHandler), Clock: time.Now,
	})
	if err != nil {
		return err
	}
	fmt.Println(gateway.GRPCAddress())
	return gateway.Run(context.Background())
}

// child is a gateway in a process of its own.
type child struct {
	t       *testing.T
	once    sync.Once
	command *exec.Cmd
	address string
	dir     string
}

func startChild(t *testing.T, dir, database string) *child {
	t.Helper()
	c := &child{t: t, dir: dir, command: exec.Command(os.Args[0])}
	c.command.Env = append(os.Environ(), childDir+"="+dir, childDatabase+"="+database)
	c.command.Stderr = os.Stderr
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the gateway did not start: %v", err)
	}
	c.address = line[:len(line)-1]
	return c
}

func (c *child) kill() {
	c.once.Do(func() {
		_ = c.command.Process.Kill()
		_ = c.command.Wait()
	})
}

func (c *child) dial(name string) *grpc.ClientConn {
	c.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	conn, err := development.ProfileOf(c.dir, name, address, address).Dial()
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// memory is what the banks remember of all rounds.
type memory struct {
	mu       sync.Mutex
	requests []*porukav1.ConfirmIdentityRequest // still to be sent
	answered map[string]*porukav1.Confirmation  // by request id
	unsure   []*porukav1.ConfirmIdentityRequest // sent, and no answer came
	bankOf   map[string]string                  // by request id
}

// take gives a request to send: half of the time one whose answer was lost, so that repeats meet every state.
func (m *memory) take(bank string) *porukav1.ConfirmIdentityRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.unsure {
		if m.bankOf[r.GetRequestId()] == bank && rand.IntN(2) == 0 {
			m.unsure = append(m.unsure[:i:i], m.unsure[i+1:]...)
			return r
		}
	}
	if len(m.requests) == 0 {
		return nil
	}
	r := m.requests[0]
	m.requests = m.requests[1:]
	m.bankOf[r.GetRequestId()] = bank
	return r
}

func (m *memory) keep(t *testing.T, r *porukav1.ConfirmIdentityRequest, answer *porukav1.Confirmation, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.unsure = append(m.unsure, r)
		return
	}
	if answer.GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Errorf("outcome %s of a request that is true", answer.GetOutcome())
	}
	m.answered[r.GetRequestId()] = answer
}

// TestKill kills the gateway under load, again and again: every answered call must be in the ledger with the same outcome, none twice, and
// no account raised without an entry.
func TestKill(t *testing.T) { ledgers.OnEach(t, killed) }

func killed(t *testing.T, database string) {
	rounds := kills
	if database != "" {
		rounds = killsOnServer
	}
	if testing.Short() {
		rounds = killsShort
	}
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: killAccounts})
	m := &memory{requests: raisable(t, g, killAccounts), answered: map[string]*porukav1.Confirmation{}, bankOf: map[string]string{}}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	h := history{dir: g.Dir}
	for range rounds {
		c := startChild(t, g.Dir, database)
		h.look(t, c)
		underLoad(t, c, m)
		c.kill()
	}
	last := startChild(t, g.Dir, database)
	t.Logf("%d kills, %d answers, %d lost answers, %d requests not sent", rounds, len(m.answered), len(m.unsure), len(m.requests))
	if len(m.answered) < rounds*killAfterMost/4 || len(m.unsure) == 0 {
		t.Errorf("too little happened for the test to mean anything")
	}
	compare(t, last, m)
	h.compare(t, last, m)
}

// underLoad lets the banks call until, at some answer, the gateway is killed.
func underLoad(t *testing.T, c *child, m *memory) {
	t.Helper()
	banks, err := development.Banks()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), killPatience)
	defer cancel()
	clients := map[string]porukav1.ConfirmationServiceClient{}
	for _, bank := range banks {
		conn := c.dial(string(bank))
		defer conn.Close()
		clients[string(bank)] = porukav1.NewConfirmationServiceClient(conn)
	}
	var (
		all     sync.WaitGroup
		answers atomic.Int64
		last    = rand.Int64N(killAfterMost) + 1
	)
	for i := range killCallers {
		bank := string(banks[i%len(banks)])
		all.Go(func() {
			for {
				r := m.take(bank)
				if r == nil {
					return
				}
				answer, err := clients[bank].ConfirmIdentity(ctx, r)
				m.keep(t, r, answer.GetConfirmation(), err)
				if err != nil {
					return
				}
				if answers.Add(1) == last {
					go c.kill() // while the others are at it
				}
			}
		})
	}
	all.Wait()
	if answers.Load() < last {
		t.Errorf("only %d of %d answers came", answers.Load(), last)
	}
}

// compare reads the whole ledger back.
func compare(t *testing.T, c *child, m *memory) {
	t.Helper()
	records := allRecords(t, c)
	byName := map[string]*porukav1.Record{}
	raisedBy := map[string]string{}
	for _, r := range records {
		if byName[r.GetName()] != nil {
			t.Errorf("%s is in the ledger twice", r.GetName())
		}
		byName[r.GetName()] = r
		if r.GetOutcome() == porukav1.Confirmation_CONFIRMED {
			if other := raisedBy[r.GetAccount()]; other != "" {
				t.Errorf("%s was raised by %s and %s", r.GetAccount(), other, r.GetName())
			}
			raisedBy[r.GetAccount()] = r.GetName()
		}
	}
	for id, answer := range m.answered {
		if r := byName[answer.GetName()]; r == nil || r.GetOutcome() != answer.GetOutcome() || !proto.Equal(r.GetDecideTime(), answer.GetDecideTime()) {
			t.Errorf("request %s was answered %s; the ledger holds %v", id, answer.GetOutcome(), r)
		}
	}
	compareAccounts(t, c, raisedBy)
}

func allRecords(t *testing.T, c *child) []*porukav1.Record {
	t.Helper()
	conn := c.dial("compliance")
	defer conn.Close()
	client := porukav1.NewAuditServiceClient(conn)
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

// compareAccounts checks that an account is raised exactly when its entry says so. Those that were invented as confirmed have no entry.
func compareAccounts(t *testing.T, c *child, raisedBy map[string]string) {
	t.Helper()
	conn := c.dial("portal")
	defer conn.Close()
	client := porukav1.NewPortalServiceClient(conn)
	population, err := development.Population(c.dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range population.Range(0, killAccounts) {
		if account.Level != "STANDARD" {
			continue
		}
		got, err := client.GetAccount(t.Context(), &porukav1.GetAccountRequest{Id: account.AccountID})
		if err != nil {
			t.Fatal(err)
		}
		raised := got.GetAccount().GetLevel() == porukav1.Account_CONFIRMED
		if entry := raisedBy[got.GetAccount().GetName()]; raised != (entry != "") || entry != got.GetAccount().GetConfirmation() {
			shown, _ := json.Marshal(got.GetAccount())
			t.Errorf("account %s; its entry is %q", shown, entry)
		}
	}
}
