package fsck

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/canon"
)

// deeds are what entries did to accounts.
type deeds struct {
	all    []deed
	sorted bool
}

// deed is an account, and a digest of what an account shows of the entry that raised it; zero for an erasure.
type deed struct {
	account ledger.AccountID
	trace   [16]byte
}

func (d *deeds) add(e *ledger.Entry) {
	switch {
	case e.Account.IsZero():
	case e.Kind == ledger.KindErasure:
		d.all = append(d.all, deed{account: e.Account})
	case e.Outcome == ledger.OutcomeConfirmed && !e.DryRun && (e.Kind == ledger.KindConfirmation || e.Kind == ledger.KindPortalRecord):
		d.all = append(d.all, deed{e.Account, trace(e.ID, e.Partner, e.DecidedAt.UnixMicro(), e.Method)})
	}
}

func trace(id ledger.EntryID, by ledger.PartnerID, at int64, method ledger.Method) [16]byte {
	h := sha256.New()
	_, _ = h.Write(id[:])                                                           // never fails: see hash.Hash
	_, _ = h.Write(binary.BigEndian.AppendUint64([]byte{byte(method)}, uint64(at))) //nolint:gosec // two's complement
	_, _ = h.Write([]byte(by))
	return [16]byte(h.Sum(nil))
}

// of gives what entries did to an account. Accounts come in order.
func (d *deeds) of(id ledger.AccountID) (own, before []deed) {
	if !d.sorted {
		slices.SortFunc(d.all, func(a, b deed) int { return bytes.Compare(a.account[:], b.account[:]) })
		d.sorted = true
	}
	at, _ := slices.BinarySearchFunc(d.all, id, func(d deed, id ledger.AccountID) int { return bytes.Compare(d.account[:], id[:]) })
	end := at
	for end < len(d.all) && d.all[end].account == id {
		end++
	}
	own, before = d.all[at:end], d.all[:at]
	d.all = d.all[end:]
	return own, before
}

// accounts goes through all accounts.
func (c *check) accounts(ctx context.Context) error {
	for after := (ledger.AccountID{}); ; {
		page, err := c.Ledger.Accounts(ctx, after, pageSize)
		if err != nil {
			return err
		}
		for i := range page {
			own, lost := c.deeds.of(page[i].ID)
			c.lost(lost)
			if err := c.account(ctx, &page[i], own); err != nil {
				return err
			}
			after = page[i].ID
		}
		c.sum.Accounts += int64(len(page))
		c.Progress("accounts", c.sum.Accounts, -1)
		if len(page) == 0 {
			c.lost(c.deeds.all)
			return nil
		}
	}
}

func (c *check) lost(deeds []deed) {
	for i, d := range deeds {
		if i == 0 || deeds[i-1].account != d.account {
			c.wrongAccount(d.account, "entries say that it was confirmed or erased, and it is not there")
		}
	}
}

func (c *check) wrongAccount(id ledger.AccountID, what string) {
	c.find(Finding{Kind: BadAccount, Position: -1, Account: id, What: what})
}

// account judges an account, and once more with what has come since when it seems wrong: others confirm meanwhile.
func (c *check) account(ctx context.Context, a *ledger.Account, own []deed) error {
	wrong := c.judge(a, own)
	if wrong == nil {
		return nil
	}
	now, err := c.Ledger.Account(ctx, a.ID)
	if err != nil {
		return err
	}
	entries, _, err := c.Ledger.EntriesOfAccount(ctx, a.ID, ledger.Page{Limit: pageSize})
	if err != nil {
		return err
	}
	var since deeds
	for i := range entries {
		if c.isMarked(&entries[i], canon.Record(entries[i])) {
			since.add(&entries[i])
		}
	}
	if wrong = c.judge(&now, append(since.all, own...)); wrong != nil {
		c.find(*wrong)
	}
	return nil
}

// judge gives what is wrong with an account; nil when nothing is.
func (c *check) judge(a *ledger.Account, own []deed) *Finding {
	wrong := func(what string) *Finding {
		return &Finding{Kind: BadAccount, Position: -1, Account: a.ID, Entry: a.Confirmation, What: what}
	}
	isErased := slices.ContainsFunc(own, func(d deed) bool { return d.trace == [16]byte{} })
	hasData := len(a.Profile.Box)+len(a.Profile.WrappedKey) > 0 || !a.SNILS.IsZero() || !a.INN.IsZero() || !a.Phone.IsZero()
	confirmed := trace(a.Confirmation, a.ConfirmedBy, a.ConfirmedAt.UnixMicro(), a.Method)
	switch {
	case isErased && (a.Level != ledger.LevelErased || hasData):
		return wrong("an entry says that it was erased, and it still has a level, data or indexes")
	case isErased:
		return nil
	case a.Level == ledger.LevelErased:
		return wrong("it is erased, and no entry says so")
	case !a.Confirmation.IsZero() && !slices.Contains(own, deed{a.ID, confirmed}):
		return wrong("the entry to which it owes its level is not there, or says another bank, time or method")
	case a.Level == ledger.LevelConfirmed && a.Confirmation.IsZero() && a.ConfirmedBy != ledger.PortalID:
		return wrong("it is confirmed, and neither an entry nor the portal has done that")
	case a.Level != ledger.LevelConfirmed && (a.ConfirmedBy != "" || !a.Confirmation.IsZero()):
		return wrong("it is not confirmed, and names who has confirmed it")
	case c.Ring == nil:
		return nil
	}
	if what := c.profile(a); what != "" {
		return wrong(what)
	}
	return nil
}

// profile opens the profile. Its indexes must be those of what is in it.
func (c *check) profile(a *ledger.Account) (wrong string) {
	profile, err := c.Ring.OpenProfile(a.ID, a.Profile)
	if err != nil {
		return "its profile cannot be opened: it was altered, or is another's"
	}
	var phone ledger.Index
	if profile.PhoneVerified {
		phone = c.Ring.Phone(profile.MobilePhone.E164())
	}
	if a.SNILS != c.Ring.SNILS(profile.SNILS.Digits()) || a.INN != c.Ring.INN(profile.INN.Digits()) || a.Phone != phone {
		return "its SNILS, INN or phone index is not that of its profile"
	}
	return ""
}
