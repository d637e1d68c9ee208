package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// TestTheLogIsFollowed confirms, and follows the log as somebody does who trusts nobody but the public key of the log.
func TestTheLogIsFollowed(t *testing.T) { ledgers.OnEach(t, theLogIsFollowed) }

func theLogIsFollowed(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 700})
	requests := raisable(t, g, 700)
	bank := porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	f := follow(t, g, "operator")
	answers := confirmTogether(t, requests[:20], bank)
	first := f.until(len(answers))
	answers = append(answers, confirmTogether(t, requests[20:], bank)...)
	last := f.until(len(answers))
	records := f.records(last)
	keys := keysOf(t, g.Dir)
	for _, answer := range answers {
		promised(t, keys, answer, records)
	}
	log := porukav1.NewLogServiceClient(g.Conn("operator"))
	consistent(t, log, first, f.verifier)
	everyWayCarries(t, g, answers[:5], records)
	refusesProofs(t, g, answers[0])
}

// confirmTogether confirms several at a time, in turn at each of the gateways.
func confirmTogether(t *testing.T, requests []*porukav1.ConfirmIdentityRequest, banks ...porukav1.ConfirmationServiceClient) []*porukav1.Confirmation {
	t.Helper()
	const workers = 8
	answers := make([]*porukav1.Confirmation, len(requests))
	allTogether(workers, func(worker int) {
		for i := worker; i < len(requests); i += workers {
			answer, err := banks[i%len(banks)].ConfirmIdentity(t.Context(), requests[i])
			if err != nil {
				t.Errorf("%v", err)
			}
			answers[i] = answer.GetConfirmation()
		}
	})
	return answers
}

// everyWayCarries reads confirmations in every way there is: each answer carries a receipt, and where there is a proof it holds.
func everyWayCarries(t *testing.T, g *gatewaytest.Gateway, answers []*porukav1.Confirmation, records [][32]byte) {
	t.Helper()
	keys, verifier := keysOf(t, g.Dir), verifierOf(t, g.Dir)
	bank, portal := porukav1.NewConfirmationServiceClient(g.Conn("vtb")), porukav1.NewPortalServiceClient(g.Conn("portal"))
	for _, answer := range answers {
		id := strings.TrimPrefix(answer.GetName(), "confirmations/")
		got, err := bank.GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		promised(t, keys, got.GetConfirmation(), records)
		included(t, got.GetProof(), verifier)
		found, err := bank.FindConfirmation(t.Context(), &porukav1.FindConfirmationRequest{RequestId: answer.GetRequestId()})
		if err != nil {
			t.Fatal(err)
		}
		promised(t, keys, found.GetConfirmation(), records)
		for _, name := range []string{"vtb", "portal", "compliance"} {
			proof, err := porukav1.NewLogServiceClient(g.Conn(name)).ProveInclusion(t.Context(), &porukav1.ProveInclusionRequest{Id: id})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			included(t, proof.GetProof(), verifier)
		}
		seen, err := bank.GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		account := accountOf(t, g, id)
		list, err := portal.ListConfirmations(t.Context(), &porukav1.ListConfirmationsRequest{Id: account})
		if err != nil || len(list.GetConfirmations()) != 1 || !same(seen.GetConfirmation(), withoutAccount(list.GetConfirmations()[0])) {
			t.Fatalf("%v, %v", list, err)
		}
		promised(t, keys, list.GetConfirmations()[0], records)
	}
}

// accountOf is the id of the account of a confirmation, as the portal sees it.
func accountOf(t *testing.T, g *gatewaytest.Gateway, id string) string {
	t.Helper()
	got, err := porukav1.NewConfirmationServiceClient(g.Conn("portal")).GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(got.GetConfirmation().GetAccount(), "accounts/")
}

func withoutAccount(c *porukav1.Confirmation) *porukav1.Confirmation {
	c.Account = ""
	return c
}

// refusesProofs asks for proofs that nobody is to have, or that do not exist.
func refusesProofs(t *testing.T, g *gatewaytest.Gateway, told *porukav1.Confirmation) {
	t.Helper()
	id := strings.TrimPrefix(told.GetName(), "confirmations/")
	inclusion := methodNamed(t, porukav1.LogService_ProveInclusion_FullMethodName)
	consistency := methodNamed(t, porukav1.LogService_ProveConsistency_FullMethodName)
	for name, one := range map[string]struct {
		got    answer
		code   codes.Code
		reason string
	}{
		"another bank's": {withHeaders(t, inclusion, g.Conn("sberbank"), &porukav1.ProveInclusionRequest{Id: id}), codes.NotFound, "CONFIRMATION_NOT_FOUND"},
		"nobody's":       {withHeaders(t, inclusion, g.Conn("vtb"), &porukav1.ProveInclusionRequest{Id: uuid.NewString()}), codes.NotFound, "CONFIRMATION_NOT_FOUND"},
		"an operator":    {withHeaders(t, inclusion, g.Conn("operator"), &porukav1.ProveInclusionRequest{Id: id}), codes.PermissionDenied, "ACCESS_DENIED"},
		"too long":       {withHeaders(t, consistency, g.Conn("vtb"), &porukav1.ProveConsistencyRequest{FromSize: 1, ToSize: 1 << 40}), codes.NotFound, "LOG_NOT_SO_LONG"},
		"from too far":   {withHeaders(t, consistency, g.Conn("vtb"), &porukav1.ProveConsistencyRequest{FromSize: 1 << 40}), codes.NotFound, "LOG_NOT_SO_LONG"},
		"backwards":      {withHeaders(t, consistency, g.Conn("vtb"), &porukav1.ProveConsistencyRequest{FromSize: 5, ToSize: 4}), codes.InvalidArgument, "FIELD_FORMAT"},
	} {
		if one.got.code != one.code || one.got.reason != one.reason {
			t.Errorf("%s: %s", name, one.got.refusedWith())
		}
	}
}

// TestTwoGatewaysMakeOneLog confirms at two gateways at a time: both put entries into one log, and both sign it.
func TestTwoGatewaysMakeOneLog(t *testing.T) { ledgers.OnServers(t, twoGatewaysMakeOneLog) }

func twoGatewaysMakeOneLog(t *testing.T, database string) {
	p := startPair(t, gatewaytest.Config{Accounts: 600, Database: database})
	banks, requests := p.banks("vtb"), raisable(t, p[0], 600)
	answers := confirmTogether(t, requests, banks[0], banks[1])
	for i, g := range p {
		f := follow(t, g, "operator")
		last := f.until(len(answers))
		records := f.records(last)
		if len(records) != len(answers) {
			t.Errorf("gateway %d: %d records of %d answers", i, len(records), len(answers))
		}
		for _, answer := range answers {
			promised(t, keysOf(t, g.Dir), answer, records)
		}
	}
}

// TestARestoredBackup brings an old ledger back under a gateway that has signed a longer log: its signer refuses, says so, and goes on
// refusing; confirmations go on.
func TestARestoredBackup(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 100})
	requests := raisable(t, g, 100)
	confirmAll(t, g, requests[:5])
	stop(t, g)
	backup := t.TempDir()
	copyLedger(t, g.Dir, backup)

	g = gatewaytest.Start(t, gatewaytest.Config{DataDir: g.Dir, Unready: true})
	confirmAll(t, g, requests[5:20])
	stop(t, g)
	copyLedger(t, backup, g.Dir)

	g = gatewaytest.Start(t, gatewaytest.Config{DataDir: g.Dir, Unready: true})
	await(t, "the refusal of the signer", func() bool { return strings.Contains(metricsPage(t, g), "poruka_log_refused_state 1\n") })
	confirmAll(t, g, requests[5:30]) // the restored ledger knows nothing of the first fifteen, and is longer now than what was signed
	await(t, "the log", func() bool { return strings.Contains(metricsPage(t, g), "poruka_log_entries_size 30\n") })
	if checkpoint := follow(t, g, "operator").checkpoint(); checkpoint == nil || checkpoint.Size != 5 {
		t.Errorf("the checkpoint is %+v, want that of the backup", checkpoint)
	}
	if ready, trouble := readyz(t, g, "log"); !ready || !strings.Contains(trouble, "the signer refuses the log") {
		t.Errorf("ready: %v, %q", ready, trouble)
	}
	stop(t, g)
	if n := strings.Count(g.Log(), "the signer refuses the log: no checkpoint is signed until an operator acts"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func confirmAll(t *testing.T, g *gatewaytest.Gateway, requests []*porukav1.ConfirmIdentityRequest) {
	t.Helper()
	bank := porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	for _, request := range requests {
		if answer, err := bank.ConfirmIdentity(t.Context(), request); err != nil || answer.GetConfirmation().GetReplayed() {
			t.Fatalf("%v, %v", answer, err)
		}
	}
}

func stop(t *testing.T, g *gatewaytest.Gateway) {
	t.Helper()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
}

// copyLedger puts the embedded ledger of one folder in the place of that of another.
func copyLedger(t *testing.T, from, to string) {
	t.Helper()
	for _, name := range []string{"ledger.db", "ledger.db-wal", "ledger.db-shm"} {
		content, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			err = os.Remove(filepath.Join(to, name))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), content, fs.FileMode(0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
