package embedded

import (
	"bytes"
	"database/sql/driver"

	"github.com/poruka/poruka/ledger"
)

const (
	accountColumns = `number, id, level, method, version, registry, confirmed_by, confirmed_at, confirmation, registry_at,
		created_at, updated_at, snils, inn, phone, digest, wrapped_key, box`
	selectAccounts = `select ` + accountColumns + ` from accounts where `

	insertAccount = `insert into accounts (id, level, method, version, registry, confirmed_by, confirmed_at, confirmation,
		registry_at, created_at, updated_at, snils, inn, phone, digest, wrapped_key, box)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	// replaceState leaves the owner's data and the indexes alone, which is all that a decision needs.
	replaceState = `update accounts set level = ?, method = ?, version = ?, registry = ?, confirmed_by = ?, confirmed_at = ?,
		confirmation = ?, registry_at = ?, created_at = ?, updated_at = ? where number = ?`
	replaceOwner = `update accounts set snils = ?, inn = ?, phone = ?, digest = ?, wrapped_key = ?, box = ? where number = ?`
	// releaseIndexes lets accounts of one transaction swap what must be unique.
	releaseIndexes = `update accounts set snils = null, phone = null where number = ?`
)

// held is an account as found, with its place in the file.
type held struct {
	number  int64
	account ledger.Account
}

func scanAccount(r row) held {
	return held{number: r.int(0), account: ledger.Account{
		ID: r.key16(1), Level: ledger.Level(r.small(2)), Method: ledger.Method(r.small(3)), Version: r.int(4),
		Registry: ledger.RegistryStatus(r.small(5)), ConfirmedBy: ledger.PartnerID(r.text(6)), ConfirmedAt: r.time(7),
		Confirmation: r.key16(8), RegistryAt: r.time(9), CreatedAt: r.time(10), UpdatedAt: r.time(11),
		SNILS: r.key32(12), INN: r.key32(13), Phone: r.key32(14), Digest: r.key32(15),
		Profile: ledger.Sealed{WrappedKey: r.bytes(16), Box: r.bytes(17)},
	}}
}

func stateOf(a *ledger.Account) []driver.Value {
	return []driver.Value{
		number(a.Level), number(a.Method), a.Version, number(a.Registry), textOrNull(a.ConfirmedBy), timeOrNull(a.ConfirmedAt),
		id(a.Confirmation), timeOrNull(a.RegistryAt), timeOrNull(a.CreatedAt), timeOrNull(a.UpdatedAt),
	}
}

func ownerOf(a *ledger.Account) []driver.Value {
	return []driver.Value{
		index(a.SNILS), index(a.INN), index(a.Phone), index(a.Digest), bytesOrNull(a.Profile.WrappedKey), bytesOrNull(a.Profile.Box),
	}
}

func sameOwner(a, b *ledger.Account) bool {
	return a.SNILS == b.SNILS && a.INN == b.INN && a.Phone == b.Phone && a.Digest == b.Digest &&
		bytes.Equal(a.Profile.WrappedKey, b.Profile.WrappedKey) && bytes.Equal(a.Profile.Box, b.Profile.Box)
}

// erases reports whether a data key is destroyed.
func erases(found map[ledger.AccountID]held, updated []ledger.Account) bool {
	for i := range updated {
		if len(updated[i].Profile.WrappedKey) == 0 && len(found[updated[i].ID].account.Profile.WrappedKey) > 0 {
			return true
		}
	}
	return false
}

// storeAccounts replaces before it inserts, so that a new account may take what another gives up.
func storeAccounts(c *conn, found map[ledger.AccountID]held, w *ledger.Writes) error {
	for i := range w.Updated {
		was := found[w.Updated[i].ID]
		if was.account.SNILS == w.Updated[i].SNILS && was.account.Phone == w.Updated[i].Phone {
			continue
		}
		if err := c.exec(releaseIndexes, was.number); err != nil {
			return err
		}
	}
	for i := range w.Updated {
		if err := replaceAccount(c, found[w.Updated[i].ID], &w.Updated[i]); err != nil {
			return err
		}
	}
	for i := range w.Created {
		a := &w.Created[i]
		values := append(append([]driver.Value{id(a.ID)}, stateOf(a)...), ownerOf(a)...)
		if err := c.exec(insertAccount, values...); err != nil {
			return err
		}
	}
	return nil
}

func replaceAccount(c *conn, was held, a *ledger.Account) error {
	if err := c.exec(replaceState, append(stateOf(a), was.number)...); err != nil {
		return err
	}
	if sameOwner(&was.account, a) {
		return nil
	}
	err := c.exec(replaceOwner, append(ownerOf(a), was.number)...)
	return err
}
