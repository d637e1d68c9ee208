package embedded_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/embedded"
)

func openAt(tb testing.TB, path string) *embedded.Store {
	tb.Helper()
	s, err := embedded.Open(embedded.Config{Path: path, Clock: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// spread gives bytes that look random and depend on n alone.
func spread(n int, salt uint64) (out [32]byte) {
	source := rand.New(rand.NewPCG(uint64(n), salt))
	for i := 0; i < len(out); i += 8 {
		binary.BigEndian.PutUint64(out[i:], source.Uint64())
	}
	return out
}

func benchAccount(n int) ledger.Account {
	id := spread(n, 1)
	box := make([]byte, 330)
	for i := 0; i < len(box); i += 32 {
		part := spread(n, uint64(10+i))
		copy(box[i:], part[:])
	}
	at := time.UnixMicro(1_760_000_000_000_000 + int64(n)).UTC()
	return ledger.Account{
		ID: ledger.AccountID(id[:16]), Level: ledger.LevelStandard, Version: 1, Registry: ledger.RegistryVerified, RegistryAt: at,
		Profile: ledger.Sealed{WrappedKey: box[:90], Box: box}, Digest: spread(n, 2), SNILS: spread(n, 3), INN: spread(n, 4),
		Phone: spread(n, 5), CreatedAt: at, UpdatedAt: at,
	}
}

// fill imports n accounts as the portal does, in groups of 256.
func fill(tb testing.TB, s *embedded.Store, n int) {
	tb.Helper()
	for done := 0; done < n; {
		var keys ledger.Keys
		var accounts []ledger.Account
		for ; len(accounts) < 256 && done < n; done++ {
			a := benchAccount(done)
			accounts = append(accounts, a)
			keys.Add(ledger.Keys{Accounts: []ledger.AccountID{a.ID}, SNILS: []ledger.Index{a.SNILS}, Phones: []ledger.Index{a.Phone}})
		}
		err := s.Transact(tb.Context(), keys, func(v *ledger.View) error {
			for _, a := range accounts {
				if _, held := v.AccountBySNILS(a.SNILS); held {
					return fmt.Errorf("account %v is there", a.ID)
				}
				v.PutAccount(a)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// confirmation is a bank's decision as package confirm makes it.
func confirmation(account, n int) (ledger.Keys, func(*ledger.View) error) {
	snils, partner := ledger.Index(spread(account, 3)), ledger.PartnerID(fmt.Sprintf("bank-%02d", n%20))
	random := spread(n, 6)
	entry := ledger.EntryID(random[:16])
	keys := ledger.Keys{
		Entries: []ledger.EntryID{entry}, SNILS: []ledger.Index{snils},
		Attempts: []ledger.AttemptKey{{Subject: snils, Partner: partner}, {Subject: snils}},
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	return keys, func(v *ledger.View) error {
		if _, again := v.Entry(entry); again {
			return fmt.Errorf("entry %v is there", entry)
		}
		a, _ := v.AccountBySNILS(snils)
		_ = v.Attempts(keys.Attempts[0])
		before := a.Level
		a.Level, a.Method, a.Version = ledger.LevelConfirmed, ledger.MethodBank, a.Version+1
		a.ConfirmedBy, a.ConfirmedAt, a.Confirmation, a.UpdatedAt = partner, at, entry, at
		v.PutAccount(a)
		v.AddEntry(ledger.Entry{
			ID: entry, Kind: ledger.KindConfirmation, Partner: partner, Digest: random, Account: a.ID, Outcome: ledger.OutcomeConfirmed,
			Fields: []ledger.FieldResult{
				{Field: ledger.FieldSNILS, Comparison: ledger.Exact},
				{Field: ledger.FieldBirthDate, Comparison: ledger.Exact},
				{Field: ledger.FieldPassport, Comparison: ledger.Exact},
				{Field: ledger.FieldFamilyName, Comparison: ledger.Exact},
				{Field: ledger.FieldGivenName, Comparison: ledger.Exact},
				{Field: ledger.FieldMiddleName, Comparison: ledger.Exact},
				{Field: ledger.FieldIssueDate, Comparison: ledger.Exact},
				{Field: ledger.FieldMobilePhone, Comparison: ledger.Exact},
			},
			Before: before, After: ledger.LevelConfirmed, Method: ledger.MethodBank, Policy: "match/1", Style: "native",
			Serial: "3fa85f6457174562b3fc2c963f66afa6", Means: ledger.AuthenticatedBySMS, AuthedAt: at, DecidedAt: at,
			Encoding: ledger.EncodingVersion,
		})
		return nil
	}
}
