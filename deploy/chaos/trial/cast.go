package trial

import (
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// territory is how many persons of the population belong to one seed, so that trials do not meet.
const territory = 64

var errNobody = errors.New("trial: the population has too few persons that a bank could raise")

// cast is the persons of a trial.
type cast struct {
	accounts []people.Account
	began    time.Time // whole seconds; everything is claimed to have happened then
}

// newCast chooses persons whom a bank could raise.
func newCast(population *people.Population, seed uint64, n int, began time.Time) (cast, error) {
	c := cast{began: began.UTC().Truncate(time.Second)}
	from := seed % (people.MaxCount / territory) * territory
	for _, account := range population.Range(from, from+territory) {
		if development.Raisable(account, began) {
			c.accounts = append(c.accounts, account)
		}
		if len(c.accounts) == n {
			return c, nil
		}
	}
	return c, errNobody
}

// claim is what a bank sends.
func (c cast) claim(call model.Call, id string) *porukav1.ConfirmIdentityRequest {
	r := development.Claim(c.accounts[call.Account])
	r.RequestId = id
	r.Authentication.Time, r.Consent.Time = timestamppb.New(c.began), timestamppb.New(c.began)
	r.DryRun = call.Claim == model.Dry
	r.Consent.Given = call.Claim != model.NoConsent
	if call.Claim == model.False {
		r.Person = proto.CloneOf(r.GetPerson())
		r.Person.Passport.Number = otherNumber(r.GetPerson().GetPassport().GetNumber())
	}
	return r
}

// otherNumber changes every digit.
func otherNumber(number string) string {
	other := []byte(number)
	for i, digit := range other {
		if digit >= '0' && digit <= '9' {
			other[i] = '0' + (digit-'0'+3)%10
		}
	}
	return string(other)
}

// put is what the portal sends.
func (c cast) put(call model.Call) *porukav1.PutAccountRequest {
	row := accountfile.Row(c.accounts[call.Account])
	r := accountimport.RequestOf(&row)
	w := call.Want
	r.Level, r.Method = porukav1.Account_Level(w.Level), porukav1.Account_Method(call.How)
	r.Profile.PhoneVerified = w.Phone
	r.RegistryStatus = porukav1.Account_VERIFIED
	r.RegistryTime = timestamppb.New(c.began.Add(-time.Duration(w.Data) * time.Minute))
	r.ExpectedVersion, r.AllowLevelDecrease = w.Version, w.MayFall
	return r
}
