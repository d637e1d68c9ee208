package crdb

import (
	"bytes"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// change is what a transaction stores, sorted by the keys of each table: two transactions take locks in the same order.
type change struct {
	vacated  []ledger.AccountID // to lose SNILS and phone first, as another account of this change may take them
	raised   []ledger.Account   // profile, indexes and digest stay
	replaced []ledger.Account
	created  []ledger.Account
	entries  []ledger.Entry
	ordinals []int // of entries among those of the transaction, in the order of the decisions
	first    ledger.EntryID
	attempts []ledger.AttemptKey
	counters map[ledger.AttemptKey]ledger.Attempts
}

func changeOf(found ledger.Loaded, w ledger.Writes) change {
	c := change{created: slices.Clone(w.Created), counters: w.Attempts}
	for _, a := range w.Updated {
		old := found.Accounts[slices.IndexFunc(found.Accounts, func(o ledger.Account) bool { return o.ID == a.ID })]
		if sameProfile(old, a) {
			c.raised = append(c.raised, a)
			continue
		}
		c.replaced = append(c.replaced, a)
		if old.SNILS != a.SNILS || old.Phone != a.Phone {
			c.vacated = append(c.vacated, a.ID)
		}
	}
	for _, list := range [][]ledger.Account{c.raised, c.replaced, c.created} {
		slices.SortFunc(list, func(a, b ledger.Account) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	}
	c.ordinals = make([]int, len(w.Entries))
	for i := range c.ordinals {
		c.ordinals[i] = i
	}
	slices.SortFunc(c.ordinals, func(i, j int) int { return bytes.Compare(w.Entries[i].ID[:], w.Entries[j].ID[:]) })
	c.entries = make([]ledger.Entry, len(w.Entries))
	for i, from := range c.ordinals {
		c.entries[i] = w.Entries[from]
	}
	if len(w.Entries) > 0 {
		c.first = w.Entries[0].ID
	}
	for key := range w.Attempts {
		c.attempts = append(c.attempts, key)
	}
	slices.SortFunc(c.attempts, compareAttemptKeys)
	return c
}

// sameProfile reports whether a differs from old at most in what a confirmation changes.
func sameProfile(old, a ledger.Account) bool {
	return old.SNILS == a.SNILS && old.INN == a.INN && old.Phone == a.Phone && old.Digest == a.Digest &&
		bytes.Equal(old.Profile.WrappedKey, a.Profile.WrappedKey) && bytes.Equal(old.Profile.Box, a.Profile.Box) &&
		micros(old.CreatedAt).Equal(micros(a.CreatedAt))
}

// micros gives t as it is stored.
func micros(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// calls gives the statements that store c, in the order in which every transaction writes to the tables.
func (c change) calls(s *statements) ([]call, error) {
	var out []call
	if len(c.vacated) > 0 {
		out = append(out, call{statement: s.vacate, args: [][]byte{accountIDs(c.vacated)}})
	}
	if len(c.raised) > 0 {
		out = append(out, call{statement: byNumber(len(c.raised), s.raiseOne, s.raise), args: facts(c.raised)})
	}
	if len(c.replaced) > 0 {
		out = append(out, call{statement: s.replace, args: append(facts(c.replaced), profiles(c.replaced)...)})
	}
	if len(c.created) > 0 {
		out = append(out, call{statement: s.create, args: append(facts(c.created), profiles(c.created)...)})
	}
	if len(c.entries) > 0 {
		out = append(out, call{statement: byNumber(len(c.entries), s.recordOne, s.record), args: records(c.entries, s.numbered(c.first, c.ordinals))})
	}
	if len(c.attempts) > 0 {
		args, err := counts(c.attempts, c.counters)
		if err != nil {
			return nil, err
		}
		out = append(out, call{statement: s.count, args: args})
	}
	return out, nil
}

func byNumber(n int, one, many *statement) *statement {
	if n == 1 {
		return one
	}
	return many
}

func facts(accounts []ledger.Account) [][]byte {
	n := len(accounts)
	id, level, method, version := newArray(oidUUID, 20*n), newArray(oidInt2, 6*n), newArray(oidInt2, 6*n), newArray(oidInt8, 12*n)
	by, at, confirmation := newArray(oidText, 20*n), newArray(oidTime, 12*n), newArray(oidUUID, 20*n)
	registry, registryAt, updated := newArray(oidInt2, 6*n), newArray(oidTime, 12*n), newArray(oidTime, 12*n)
	for i := range accounts {
		a := &accounts[i]
		id.add(a.ID[:])
		level.addInt2(uint8(a.Level))
		method.addInt2(uint8(a.Method))
		version.addInt8(a.Version)
		by.addText(string(a.ConfirmedBy))
		at.addTime(a.ConfirmedAt)
		confirmation.addKey(a.Confirmation[:], a.Confirmation.IsZero())
		registry.addInt2(uint8(a.Registry))
		registryAt.addTime(a.RegistryAt)
		updated.addTime(a.UpdatedAt)
	}
	return finished(id, level, method, version, by, at, confirmation, registry, registryAt, updated)
}

func profiles(accounts []ledger.Account) [][]byte {
	n := len(accounts)
	key, box, digest := newArray(oidBytes, 100*n), newArray(oidBytes, 800*n), newArray(oidBytes, 36*n)
	snils, inn, phone, created := newArray(oidBytes, 36*n), newArray(oidBytes, 36*n), newArray(oidBytes, 36*n), newArray(oidTime, 12*n)
	for i := range accounts {
		a := &accounts[i]
		key.addKey(a.Profile.WrappedKey, len(a.Profile.WrappedKey) == 0)
		box.addKey(a.Profile.Box, len(a.Profile.Box) == 0)
		digest.add(a.Digest[:])
		snils.addKey(a.SNILS[:], a.SNILS.IsZero())
		inn.addKey(a.INN[:], a.INN.IsZero())
		phone.addKey(a.Phone[:], a.Phone.IsZero())
		created.addTime(a.CreatedAt)
	}
	return finished(key, box, digest, snils, inn, phone, created)
}

func records(entries []ledger.Entry, ordinals []int64) [][]byte {
	n := len(entries)
	id, kind, partner, digest := newArray(oidUUID, 20*n), newArray(oidInt2, 6*n), newArray(oidText, 16*n), newArray(oidBytes, 36*n)
	account, outcome, reasons, fields := newArray(oidUUID, 20*n), newArray(oidInt2, 6*n), newArray(oidText, 24*n), newArray(oidBytes, 32*n)
	before, after, method := newArray(oidInt2, 6*n), newArray(oidInt2, 6*n), newArray(oidInt2, 6*n)
	policy, style, certificate := newArray(oidText, 12*n), newArray(oidText, 16*n), newArray(oidText, 44*n)
	means, authed, decided, dry := newArray(oidInt2, 6*n), newArray(oidTime, 12*n), newArray(oidTime, 12*n), newArray(oidBool, 5*n)
	withdrawn, encoding, ordinal := newArray(oidUUID, 20*n), newArray(oidInt2, 6*n), newArray(oidInt8, 12*n)
	detail, commitments, link, mark := newArray(oidText, 8*n), newArray(oidBytes, 110*n), newArray(oidBytes, 56*n), newArray(oidBytes, 36*n)
	for i := range entries {
		e := &entries[i]
		id.add(e.ID[:])
		kind.addInt2(uint8(e.Kind))
		partner.addText(string(e.Partner))
		digest.add(e.Digest[:])
		account.addKey(e.Account[:], e.Account.IsZero())
		outcome.addInt2(uint8(e.Outcome))
		reasons.addText(reasonsText(e.Reasons))
		fields.addFields(e.Fields)
		before.addInt2(uint8(e.Before))
		after.addInt2(uint8(e.After))
		method.addInt2(uint8(e.Method))
		policy.addText(e.Policy)
		style.addText(e.Style)
		certificate.addText(e.Serial)
		means.addInt2(uint8(e.Means))
		authed.addTime(e.AuthedAt)
		decided.addInt8(sinceEpoch(e.DecidedAt)) // the zero time is the earliest
		dry.addBool(e.DryRun)
		withdrawn.addKey(e.Withdrawn[:], e.Withdrawn.IsZero())
		encoding.addInt2(e.Encoding)
		ordinal.addInt8(ordinals[i])
		detail.addKey([]byte(e.Detail), e.Detail == "")
		commitments.addCommitments(e.Commitments)
		link.addLink(&e.Link)
		mark.addKey(e.Mark[:], e.Mark == [32]byte{})
	}
	return finished(id, kind, partner, digest, account, outcome, reasons, fields, before, after, method, policy, style, certificate,
		means, authed, decided, dry, withdrawn, encoding, detail, commitments, link, mark, ordinal)
}

func counts(keys []ledger.AttemptKey, counters map[ledger.AttemptKey]ledger.Attempts) ([][]byte, error) {
	n := len(keys)
	subject, partner, counter, expires := newArray(oidBytes, 36*n), newArray(oidText, 20*n), newArray(oidBytes, 40*n), newArray(oidTime, 12*n)
	for _, key := range keys {
		data, err := counters[key].MarshalBinary()
		if err != nil {
			return nil, err
		}
		subject.add(key.Subject[:])
		partner.addText(string(key.Partner))
		counter.add(data)
		expires.addTime(counters[key].Expires())
	}
	return finished(subject, partner, counter, expires), nil
}

func finished(arrays ...*array) [][]byte {
	out := make([][]byte, len(arrays))
	for i, a := range arrays {
		out[i] = a.bytes()
	}
	return out
}
