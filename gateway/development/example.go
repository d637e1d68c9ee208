package development

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// ExampleBank is the bank that sends the example.
const ExampleBank = "sberbank"

// freshness is how often the example's times are renewed; a bank's authentication is good for 300 s.
const freshness = time.Minute

// ErrNobody says that every account that a bank could raise has been raised.
var ErrNobody = errors.New("no account is left that a bank could raise; remove the data directory to begin anew")

// Example is a request that raises an account, kept in a file so that it can be sent by a copied command at any time: until it
// has been decided its times are renewed; from then on it stays as it is, so that sending it again is a replay.
type Example struct {
	path    string
	clock   func() time.Time
	portal  client.Profile
	request *porukav1.ConfirmIdentityRequest
}

// NewExample writes the example into DATADIR/examples/confirm.json. It takes the first of the first count accounts that is
// still to be raised.
func NewExample(ctx context.Context, dataDir string, portal client.Profile, population *people.Population, count int, clock func() time.Time) (*Example, error) {
	e := &Example{path: filepath.Join(dataDir, "examples", "confirm.json"), clock: clock, portal: portal}
	conn, err := portal.Dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	accounts := porukav1.NewPortalServiceClient(conn)
	for _, account := range population.Range(0, uint64(count)) { //nolint:gosec // a count is not negative
		if !Raisable(account, clock()) {
			continue
		}
		got, err := accounts.GetAccount(ctx, &porukav1.GetAccountRequest{Id: account.AccountID})
		if err != nil {
			return nil, err
		}
		if got.GetAccount().GetLevel() == porukav1.Account_STANDARD {
			e.request = Claim(account)
			e.request.RequestId = uuid.NewString()
			return e, e.write()
		}
	}
	return nil, ErrNobody
}

// Path is the file of the example.
func (e *Example) Path() string { return e.path }

// Run keeps the example fresh until it has been decided or ctx ends.
func (e *Example) Run(ctx context.Context) error {
	tick := time.NewTicker(freshness)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		decided, err := e.decided(ctx)
		if err != nil || decided {
			return nil // the gateway is going away, or the example has been used: it stays as it is
		}
		if err := e.write(); err != nil {
			return err
		}
	}
}

func (e *Example) decided(ctx context.Context) (bool, error) {
	conn, err := e.portal.Dial()
	if err != nil {
		return false, err
	}
	defer conn.Close()
	found, err := porukav1.NewConfirmationServiceClient(conn).FindConfirmation(ctx,
		&porukav1.FindConfirmationRequest{RequestId: e.request.GetRequestId(), Bank: ExampleBank})
	return found.GetState() != porukav1.FindConfirmationResponse_UNKNOWN, err
}

func (e *Example) write() error {
	now := e.clock().UTC().Truncate(time.Second)
	e.request.Authentication.Time = timestamppb.New(now)
	e.request.Consent.Time = timestamppb.New(now.Add(-30 * time.Second))
	content, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(e.request)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return err
	}
	draft := e.path + ".new"
	if err := os.WriteFile(draft, append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(draft, e.path)
}

// Raisable reports whether a bank that tells the truth would raise the account.
func Raisable(account people.Account, now time.Time) bool {
	if account.Level != "STANDARD" || !account.PhoneVerified {
		return false
	}
	today := person.DateOf(now.In(partners.Moscow()))
	claimed, _, err := person.Parse(account.Person, nil, today)
	if err != nil {
		return false
	}
	rules, ok := match.ByID(policy)
	return ok && len(rules.Admit(claimed, today)) == 0
}

// Claim is what a bank that tells the truth says of the owner of an account, without times and request id.
func Claim(account people.Account) *porukav1.ConfirmIdentityRequest {
	row := accountfile.Row(account)
	return &porukav1.ConfirmIdentityRequest{
		Person:         accountimport.PersonOf(&row.Person),
		BankAccount:    &porukav1.BankAccount{Active: true, PhoneBound: true},
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_SMS_CODE},
		Consent:        &porukav1.Consent{Given: true},
	}
}
