package crdb

import (
	"bytes"
	"context"

	"github.com/poruka/poruka/ledger"
)

// An import creates accounts by the hundred. On PostgreSQL they are then copied: that costs the server half of what an INSERT of
// the same rows does, and the transaction a third round trip. What a copy breaks, a unique key above all, is told as with INSERT.

// fewestCopied is how many created accounts are worth the round trip.
const fewestCopied = 64

// copyHead and copyTail frame rows in the binary form of COPY: a signature, no flags, no extension; no further row.
const (
	copyHead = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyTail = "\xff\xff"
)

// withoutCopied takes the created accounts out of c when they are to be copied, and gives their rows. Accounts that take what others
// of the same change give up must come behind these.
func (c change) withoutCopied(s *statements) (rest change, rows []byte) {
	if s.copyAccounts == "" || len(c.created) < fewestCopied || len(c.vacated) > 0 {
		return c, nil
	}
	rows = accountRows(c.created)
	c.created = nil
	return c, rows
}

// copy brings rows of accounts into the transaction.
func (t *tx) copy(ctx context.Context, rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	if t.opening != nil {
		if err := t.exchange(ctx, "begin", reading, nil); err != nil {
			return err
		}
	}
	t.trips++
	t.hasCopied = true
	if _, err := t.link.conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(rows), t.statements.copyAccounts); err != nil {
		return classify(ctx, "copy", reading, err)
	}
	return nil
}

// accountRows gives accounts as COPY reads them: each field as an element of an array would be.
func accountRows(accounts []ledger.Account) []byte {
	a := newArray(oidBytes, 800*len(accounts))
	a.buf = append(a.buf, copyHead...)
	for i := range accounts {
		a.addAccount(&accounts[i])
	}
	a.buf = append(a.buf, copyTail...)
	return a.buf[arrayHead:]
}

// addAccount adds one row, in the order of accountColumns.
func (a *array) addAccount(x *ledger.Account) {
	a.buf = append(a.buf, 0, 17) // columns
	a.add(x.ID[:])
	a.addInt2(uint8(x.Level))
	a.addInt2(uint8(x.Method))
	a.addInt8(x.Version)
	a.addText(string(x.ConfirmedBy))
	a.addTime(x.ConfirmedAt)
	a.addKey(x.Confirmation[:], x.Confirmation.IsZero())
	a.addInt2(uint8(x.Registry))
	a.addTime(x.RegistryAt)
	a.addKey(x.Profile.WrappedKey, len(x.Profile.WrappedKey) == 0)
	a.addKey(x.Profile.Box, len(x.Profile.Box) == 0)
	a.add(x.Digest[:])
	a.addKey(x.SNILS[:], x.SNILS.IsZero())
	a.addKey(x.INN[:], x.INN.IsZero())
	a.addKey(x.Phone[:], x.Phone.IsZero())
	a.addTime(x.CreatedAt)
	a.addTime(x.UpdatedAt)
}
