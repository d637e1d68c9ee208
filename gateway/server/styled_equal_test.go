package server_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/sandbox/people"
	"github.com/poruka/poruka/partners/sandbox/scenario"
	"github.com/poruka/poruka/partners/style"
)

// TestDialectsAndNativeAreEqual has every bank say the same of 1,000 invented persons natively and in its dialect, truly and in each way
// of being wrong. Under one id the second is a replay of the first, which it is only when the canonical digests are equal; under another
// id it is decided anew, and must be decided alike.
func TestDialectsAndNativeAreEqual(t *testing.T) {
	persons := 1000
	if underRace {
		persons = 60
	}
	accounts := persons + persons/2 // of some nothing can be claimed
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: accounts})
	population := g.Population().Range(0, uint64(accounts))
	for _, bank := range style.Standard().Names() {
		t.Run(bank, func(t *testing.T) {
			e := equality{
				speaker: speakerOf(t, g, bank), native: porukav1.NewConfirmationServiceClient(g.Conn(bank)), outcomes: map[string]*atomic.Int64{},
			}
			for _, outcome := range porukav1.Confirmation_Outcome_name {
				e.outcomes[outcome] = &atomic.Int64{}
			}
			compared, err := e.compareAll(population, persons)
			if err != nil {
				t.Fatal(err)
			}
			if compared != persons {
				t.Errorf("only %d persons were compared", compared)
			}
			for _, outcome := range []string{"CONFIRMED", "ALREADY_CONFIRMED", "CLOSE_MATCH", "NOT_MATCHED", "NOT_ELIGIBLE"} {
				if e.outcomes[outcome].Load() == 0 {
					t.Errorf("nothing came out as %s", outcome)
				}
			}
		})
	}
}

// equality compares what one bank is told.
type equality struct {
	speaker

	native   porukav1.ConfirmationServiceClient
	outcomes map[string]*atomic.Int64
}

func (e equality) compareAll(population iter.Seq2[uint64, people.Account], persons int) (int, error) {
	kinds := scenario.Kinds()
	group, ctx := errgroup.WithContext(e.t.Context())
	group.SetLimit(64) // many share a transaction
	compared := 0
	for i, account := range population {
		config := scenario.Config{Now: time.Now().Truncate(time.Second)}
		made, ok := config.Make(kinds[i%uint64(len(kinds))], account)
		if !ok {
			made, ok = config.Make(scenario.Truth, account)
		}
		if !ok || compared == persons {
			continue
		}
		compared++
		group.Go(func() error {
			if err := e.compare(ctx, made); err != nil {
				return fmt.Errorf("%s: account %s, %s: %w", e.bank, account.AccountID, made.Kind, err)
			}
			return nil
		})
	}
	return compared, group.Wait()
}

func (e equality) compare(ctx context.Context, s scenario.Scenario) error {
	first, second := claimed(s.Claim), claimed(s.Claim)
	told, err := e.natively(ctx, first)
	if err != nil {
		return err
	}
	again, err := e.inDialect(ctx, first)
	if err != nil {
		return err
	}
	if told.Replayed || !again.Replayed || told.words() != again.words() || told.Name != again.Name {
		return fmt.Errorf("natively %s, then in the dialect %s", told.words(), again.words())
	}
	anew, err := e.inDialect(ctx, second)
	if err != nil {
		return err
	}
	last, err := e.natively(ctx, second)
	if err != nil {
		return err
	}
	if anew.Replayed || !last.Replayed || anew.words() != told.words() || last.Name != anew.Name || last.words() != anew.words() {
		return fmt.Errorf("natively %s, by itself in the dialect %s, then natively %s", told.words(), anew.words(), last.words())
	}
	e.outcomes[told.Outcome].Add(1)
	return nil
}

// said is an answer in the terms of both.
type said struct{ style.Answer }

// words are what must be equal of two answers to one claim.
func (s said) words() string {
	words := []string{s.Outcome, s.LevelBefore, s.LevelAfter, s.Policy, fmt.Sprint(s.DryRun)}
	for _, r := range s.Reasons {
		words = append(words, r.Code, r.Group)
	}
	return strings.Join(words, " ")
}

func (e equality) natively(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (said, error) {
	out, err := e.native.ConfirmIdentity(ctx, r)
	if err != nil {
		return said{}, err
	}
	c := out.GetConfirmation()
	answer := said{style.Answer{
		Name: c.GetName(), Outcome: c.GetOutcome().String(), LevelBefore: level(c.GetLevelBefore()), LevelAfter: level(c.GetLevelAfter()),
		Policy: c.GetPolicy(), DryRun: c.GetDryRun(), Replayed: c.GetReplayed(),
	}}
	for _, reason := range c.GetReasons() {
		one := style.Reason{Code: reason.GetReason().String()}
		if reason.GetGroup() != porukav1.Reason_GROUP_UNSPECIFIED {
			one.Group = reason.GetGroup().String()
		}
		answer.Reasons = append(answer.Reasons, one)
	}
	return answer, nil
}

func level(l porukav1.Account_Level) string {
	if l == porukav1.Account_LEVEL_UNSPECIFIED {
		return ""
	}
	return l.String()
}

func (e equality) inDialect(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (said, error) {
	m, err := e.dialect.Encode(styled(r), e.signer)
	if err != nil {
		return said{}, err
	}
	out, err := e.native.ConfirmStyled(ctx, grpcOf(e.bank, m))
	if err != nil {
		return said{}, err
	}
	answer, err := e.dialect.ReadAnswer(style.Message{Status: int(out.GetHttpStatus()), Body: out.GetBody()})
	return said{answer}, err
}

// claimed is a claim as a request that changes nothing: the next bank finds the same accounts.
func claimed(c scenario.Claim) *porukav1.ConfirmIdentityRequest {
	p := c.Person
	return &porukav1.ConfirmIdentityRequest{
		RequestId: uuid.NewString(), DryRun: true,
		Person: &porukav1.Person{
			FamilyName: p.FamilyName, GivenName: p.GivenName, MiddleName: p.MiddleName, BirthDate: p.BirthDate,
			Sex: porukav1.Person_Sex(porukav1.Person_Sex_value[p.Sex]), Citizenship: p.Citizenship, Snils: p.SNILS, Inn: p.INN,
			MobilePhone: p.MobilePhone, Email: p.Email,
			Passport: &porukav1.Passport{
				Series: p.Passport.Series, Number: p.Passport.Number, IssueDate: p.Passport.IssueDate, DepartmentCode: p.Passport.DepartmentCode,
				Issuer: p.Passport.Issuer,
			},
		},
		BankAccount: &porukav1.BankAccount{Active: c.AccountActive, PhoneBound: c.PhoneBound},
		Authentication: &porukav1.Authentication{
			Method: porukav1.Authentication_Method(porukav1.Authentication_Method_value[c.Means]), Time: timestamppb.New(c.AuthenticatedAt),
		},
		Consent: &porukav1.Consent{Given: c.ConsentGiven, Time: timestamppb.New(c.ConsentAt)},
	}
}
