package portal

import (
	"context"
	"fmt"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// reservedText says why nobody but the sandbox itself writes its accounts: banks rely on them.
const reservedText = "is of the sandbox, and fixed"

// reservedSNILS finds that an owner is a person of the sandbox.
func reservedSNILS(text string) []fault.Violation {
	if snils, err := person.ParseSNILS(text); err != nil || !magic.Reserved(snils) {
		return nil
	}
	return []fault.Violation{flaw("profile.person.snils", reservedText)}
}

// reservedID finds that an account is one of the sandbox.
func reservedID(id ledger.AccountID) []fault.Violation {
	if !magic.ReservedAccount(id) {
		return nil
	}
	return []fault.Violation{flaw("id", reservedText)}
}

// PutSandbox puts the accounts of the sandbox as they should be, and tells how many there are and how many were not so. It may be repeated, by several gateways
// at once as well. Errors are faults.
func (s *Service) PutSandbox(ctx context.Context) (put, changed int, err error) {
	for _, p := range magic.All() {
		if p.Held == nil {
			continue
		}
		account, err := sandboxPut(p)
		if err != nil {
			return put, changed, fault.Wrap(fault.Internal, fault.Defect, fmt.Errorf("portal: sandbox %s: %w", p.SNILS, err))
		}
		stored, err := s.Put(ctx, account)
		if err != nil {
			return put, changed, fmt.Errorf("portal: sandbox %s: %w", p.SNILS, err)
		}
		put++
		if stored.Result != Unchanged {
			changed++
		}
	}
	return put, changed, nil
}

func sandboxPut(p magic.Person) (Put, error) {
	owner, _, err := person.Parse(p.Held.Person, nil, magic.Day())
	if err != nil {
		return Put{}, err
	}
	profile := person.Profile{Person: owner} // the phone is that of all of them, and as a verified one it could be only one's
	for _, raw := range p.Held.Previous {
		former, _, err := person.Parse(person.Raw{Passport: raw}, nil, magic.Day())
		if err != nil {
			return Put{}, err
		}
		profile.Previous = append(profile.Previous, former.Passport)
	}
	put := Put{Profile: profile, AllowDecrease: true, sandbox: true}
	if put.ID, err = ledger.ParseAccountID(p.Held.ID); err != nil {
		return Put{}, err
	}
	put.Level, _ = ledger.ParseLevel(p.Held.Level)
	put.Method, _ = ledger.ParseMethod(p.Held.Method)
	put.Registry, _ = ledger.ParseRegistryStatus(p.Held.Registry)
	return put, nil
}
