package server_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest"
)

// TestErasedPersonsAreGone erases a tenth of the persons: nobody finds them again, nothing of them is in files, log or report, their
// records stay and their proofs hold.
func TestErasedPersonsAreGone(t *testing.T) {
	persons := 10_000
	if testing.Short() || underRace {
		persons = 500
	}
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: persons})
	portal, bank := porukav1.NewPortalServiceClient(g.Conn("portal")), porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	claims := raisable(t, g, 100)
	first := confirmed(t, g, "vtb", claims[0])
	var secrets []string
	for i, account := range g.Population().Range(0, uint64(persons)) {
		if i%10 != 0 && account.Person.SNILS != claims[0].GetPerson().GetSnils() {
			continue
		}
		_, err := portal.EraseAccount(t.Context(), &porukav1.EraseAccountRequest{
			Id: account.AccountID, RequestId: uuid.NewString(), Ground: porukav1.EraseAccountRequest_PERSON_ASKED,
		})
		if err != nil {
			t.Fatal(err)
		}
		if account.Person.SNILS != "" && len(secrets) < 100 {
			secrets = append(secrets, account.Person.SNILS, strings.NewReplacer("-", "", " ", "").Replace(account.Person.SNILS))
		}
	}
	again := claims[0]
	again.RequestId = uuid.NewString()
	answer, err := bank.ConfirmIdentity(t.Context(), again)
	if err != nil || answer.GetConfirmation().GetOutcome() != porukav1.Confirmation_NOT_MATCHED {
		t.Errorf("an erased person: %v, %v", answer.GetConfirmation().GetOutcome(), err)
	}
	await(t, "the record from before has a proof", func() bool {
		kept, err := bank.GetConfirmation(t.Context(), &porukav1.GetConfirmationRequest{Id: strings.TrimPrefix(first, "confirmations/")})
		return err == nil && kept.GetProof().GetTreeSize() > 0
	})
	content, footer := report(t, g, "")
	if want := int64(persons / 10); footer.Rows < want {
		t.Errorf("%d rows, want %d erasures at least", footer.Rows, want)
	}
	for _, secret := range secrets {
		if strings.Contains(string(content), secret) || strings.Contains(g.Log(), secret) {
			t.Fatal("a report or the log holds a canary")
		}
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	ledgertest.Canary(t, g.Dir, secrets...)
}
