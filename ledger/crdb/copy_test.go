package crdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/poruka/poruka/ledger"
)

// many are accounts enough to be copied, keyed like nobody else's.
func many(n int) ([]ledger.Account, ledger.Keys) {
	list, keys := make([]ledger.Account, n), ledger.Keys{}
	for i := range list {
		a := fullAccount(byte(i))
		binary.BigEndian.PutUint32(a.ID[8:], uint32(i))
		binary.BigEndian.PutUint32(a.SNILS[8:], uint32(i))
		binary.BigEndian.PutUint32(a.Phone[8:], uint32(i))
		list[i] = a
		keys.Add(ledger.Keys{Accounts: []ledger.AccountID{a.ID}, SNILS: []ledger.Index{a.SNILS}, Phones: []ledger.Index{a.Phone}})
	}
	// What is empty is NULL.
	list[1].SNILS, list[1].INN, list[1].Phone, list[1].RegistryAt = ledger.Index{}, ledger.Index{}, ledger.Index{}, moment.AddDate(0, 0, 400)
	list[2].ConfirmedBy, list[2].ConfirmedAt, list[2].Confirmation = "sberbank", moment, ledger.EntryID{7}
	list[3].Profile, list[3].CreatedAt = ledger.Sealed{}, moment.AddDate(-40, 0, 0)
	return list, keys
}

func put(list []ledger.Account) func(*ledger.View) error {
	return func(v *ledger.View) error {
		for _, a := range list {
			v.PutAccount(a)
		}
		return nil
	}
}

func TestManyAccountsAreCopied(t *testing.T) {
	var told []Transaction
	s := open(t, func(c *Config) { c.Observe = func(x Transaction) { told = append(told, x) } })
	list, keys := many(2 * fewestCopied)
	must(t, s.Transact(t.Context(), keys, put(list)))
	if s.dialect.copyAccounts != "" && told[0].RoundTrips != 3 {
		t.Errorf("%d round trips, want three with a copy", told[0].RoundTrips)
	}
	for _, want := range list {
		got, err := s.Account(t.Context(), want.ID)
		must(t, err)
		if !sameProfile(want, got) || !bytes.Equal(accountRows([]ledger.Account{want}), accountRows([]ledger.Account{got})) {
			t.Fatalf("read back %+v\nwant %+v", got, want)
		}
	}
}

func TestWithoutKeysTheyAreCopiedAsWell(t *testing.T) {
	s := open(t, nil)
	list, _ := many(fewestCopied)
	e := fullEntry(1)
	must(t, s.Transact(t.Context(), ledger.Keys{}, func(v *ledger.View) error {
		v.AddEntry(e)
		return put(list)(v)
	}))
	_, err := s.Account(t.Context(), list[9].ID)
	must(t, err)
	_, err = s.Entry(t.Context(), e.ID)
	must(t, err)
}

func TestACopyIsAllOrNothing(t *testing.T) {
	s := open(t, nil)
	list, keys := many(fewestCopied)
	held := list[40]
	held.ID = ledger.AccountID{255, 255}
	must(t, s.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{held.ID}}, put([]ledger.Account{held})))
	e := fullEntry(3)
	keys.Entries = append(keys.Entries, e.ID)
	err := s.Transact(t.Context(), keys, func(v *ledger.View) error {
		v.AddEntry(e)
		return put(list)(v) // one has the SNILS of the held account
	})
	if !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("error %v, want ErrConflict", err)
	}
	if _, err := s.Account(t.Context(), list[0].ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an account of the failed transaction: %v", err)
	}
	if _, err := s.Entry(t.Context(), e.ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an entry of the failed transaction: %v", err)
	}
	must(t, s.Transact(t.Context(), keys, put(slices.Delete(list, 40, 41)))) // the connection is good for more
}

func TestWhatTakesAnothersPlaceIsNotCopied(t *testing.T) {
	s := open(t, nil)
	list, keys := many(fewestCopied + 1)
	must(t, s.Transact(t.Context(), keys, put(list[:1])))
	giver := list[0]
	list[5].SNILS, giver.SNILS, giver.Version = giver.SNILS, ledger.Index{}, 2
	must(t, s.Transact(t.Context(), keys, func(v *ledger.View) error {
		v.PutAccount(giver)
		return put(list[1:])(v)
	}))
	got, err := s.AccountBySNILS(t.Context(), list[5].SNILS)
	must(t, err)
	if got.ID != list[5].ID {
		t.Errorf("the SNILS is held by %v", got.ID)
	}
}
