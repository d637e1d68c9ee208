package ledgertest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/poruka/poruka/ledger"
)

// step is one decision, drawn before it is made: it may be made more than once.
type step struct {
	World   int
	Kind    string
	Account int
	Entry   int
	SNILS   int // 0 is none
	Phone   int
	Level   ledger.Level
	Partner ledger.PartnerID
	At      time.Time
	DryRun  bool
}

func (m *model) steps() *rapid.Generator[step] {
	return rapid.Custom(func(r *rapid.T) step {
		return step{
			World:   m.world,
			Kind:    rapid.SampledFrom([]string{"put", "confirm", "fail", "refuse"}).Draw(r, "kind"),
			Account: rapid.IntRange(0, modelAccounts-1).Draw(r, "account"),
			Entry:   rapid.IntRange(0, modelEntries-1).Draw(r, "entry"),
			SNILS:   rapid.IntRange(0, modelIndexes).Draw(r, "snils"),
			Phone:   rapid.IntRange(0, modelIndexes).Draw(r, "phone"),
			Level:   rapid.SampledFrom([]ledger.Level{ledger.LevelSimplified, ledger.LevelStandard}).Draw(r, "level"),
			Partner: rapid.SampledFrom([]ledger.PartnerID{"bank-a", "bank-b", ledger.PortalID}).Draw(r, "partner"),
			At:      moment(rapid.IntRange(-5000, 5000).Draw(r, "at")),
			DryRun:  rapid.Bool().Draw(r, "dry run"),
		}
	})
}

func (s step) snils() ledger.Index {
	if s.SNILS == 0 {
		return ledger.Index{}
	}
	return index(s.World + s.SNILS)
}

func (s step) phone() ledger.Index {
	if s.Phone == 0 {
		return ledger.Index{}
	}
	return phone(s.World + s.Phone)
}

func (s step) attempts() ledger.AttemptKey {
	return ledger.AttemptKey{Subject: index(s.World + s.SNILS), Partner: s.Partner}
}

// keys names everything there can be.
func (m *model) keys() ledger.Keys {
	var keys ledger.Keys
	for n := range modelEntries {
		keys.Entries = append(keys.Entries, entryID(m.world+n))
	}
	for n := range modelAccounts {
		keys.Accounts = append(keys.Accounts, accountID(m.world+n))
	}
	for n := range modelIndexes + 1 {
		keys.SNILS, keys.Phones = append(keys.SNILS, index(m.world+n)), append(keys.Phones, phone(m.world+n))
		for _, partner := range []ledger.PartnerID{"bank-a", "bank-b", ledger.PortalID} {
			keys.Attempts = append(keys.Attempts, ledger.AttemptKey{Subject: index(m.world + n), Partner: partner})
		}
	}
	return keys
}

// decide makes a decision as a use case would: it looks before it writes.
func (s step) decide(v *ledger.View) error {
	switch s.Kind {
	case "put":
		return s.put(v)
	case "confirm":
		return s.confirm(v)
	case "fail":
		counter := v.Attempts(s.attempts()).Recent(s.At)
		if len(counter.Failures) >= 5 {
			return errRefused
		}
		counter.Failures = append(counter.Failures, s.At.Truncate(time.Second))
		v.SetAttempts(s.attempts(), counter)
		return nil
	default:
		s.write(v)
		return errRefused
	}
}

func (s step) put(v *ledger.View) error {
	if holder, held := v.AccountBySNILS(s.snils()); held && holder.ID != accountID(s.World+s.Account) {
		return errRefused
	}
	if holder, held := v.AccountByPhone(s.phone()); held && holder.ID != accountID(s.World+s.Account) {
		return errRefused
	}
	old, _ := v.Account(accountID(s.World + s.Account))
	v.PutAccount(s.account(old.Version + 1))
	return nil
}

func (s step) account(version int64) ledger.Account {
	a := account(s.World + s.Account)
	a.Level, a.SNILS, a.Phone, a.UpdatedAt, a.Version = s.Level, s.snils(), s.phone(), s.At, version
	a.Profile.Box = spread('b', s.Entry)
	return a
}

func (s step) confirm(v *ledger.View) error {
	if _, again := v.Entry(entryID(s.World + s.Entry)); again {
		return errRefused
	}
	e := s.entry()
	if a, ok := v.AccountBySNILS(s.snils()); ok {
		e.Account, e.Before, e.After = a.ID, a.Level, ledger.LevelConfirmed
		a.Level, a.Confirmation, a.ConfirmedAt, a.Version = ledger.LevelConfirmed, e.ID, s.At, a.Version+1
		v.PutAccount(a)
	}
	v.AddEntry(e)
	return nil
}

func (s step) entry() ledger.Entry {
	e := entry(s.World + s.Entry)
	e.Partner, e.DecidedAt, e.DryRun, e.Account = s.Partner, s.At, s.DryRun, ledger.AccountID{}
	e.Outcome = ledger.OutcomeNotMatched
	return e
}

// write looks at nothing.
func (s step) write(v *ledger.View) {
	v.PutAccount(s.account(1))
	v.AddEntry(s.entry())
	v.SetAttempts(s.attempts(), ledger.Attempts{Closes: []time.Time{s.At.Truncate(time.Second)}})
}
