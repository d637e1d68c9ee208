package confirm_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/gateway/confirm"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

// opened tells which groups of an entry open with a claim and what an account holds.
func (b *bench) opened(a ledger.Account, e ledger.Entry, claim person.Person) map[ledger.FieldGroup]bool {
	b.t.Helper()
	groups := map[ledger.FieldGroup]bool{}
	for i, c := range e.Commitments {
		if int(c.Group) != i+1 {
			b.t.Fatalf("commitment %d is of group %v", i, c.Group)
		}
		digest, err := b.ring.Commit(a.ID, a.Profile, e.ID, c.Group, seal.AppendGroup(nil, c.Group, claim))
		groups[c.Group] = err == nil && digest == c.Digest
	}
	return groups
}

func TestEntriesCommitToTheClaim(t *testing.T) {
	onEachLedger(t, func(t *testing.T, b *bench) {
		account := b.account(b.put(mariasAccount()))
		claim := with(maria(), func(p *person.Raw) { p.INN = "" })
		var kept []ledger.Entry
		for _, raw := range []person.Raw{claim, near(), wrong()} {
			e := b.must(bank("vtb"), b.ask(raw)).Entry
			groups := b.opened(account, e, b.parse(raw))
			if len(groups) != 6 {
				t.Fatalf("%v commits to %d groups", e.Outcome, len(groups))
			}
			for group, opens := range groups {
				if !opens {
					t.Errorf("%v: the commitment to %v does not open with the true claim", e.Outcome, group)
				}
			}
			kept = append(kept, e)
		}
		if again, err := b.store.Entry(t.Context(), kept[0].ID); err != nil || len(again.Commitments) != 6 || again.Commitments[5] != kept[0].Commitments[5] {
			t.Errorf("stored: %+v, %v", again.Commitments, err)
		}
		if kept[0].Commitments[3].Digest == kept[1].Commitments[3].Digest {
			t.Error("two entries commit to one SNILS alike: they can be told to be of one person")
		}
		for what, c := range map[string]struct {
			group  ledger.FieldGroup
			change func(*person.Raw)
		}{
			"middle name": {ledger.GroupName, func(p *person.Raw) { p.MiddleName = "" }},
			"sex":         {ledger.GroupBirth, func(p *person.Raw) { p.Sex = "MALE" }},
			"issue date":  {ledger.GroupDocument, func(p *person.Raw) { p.Passport.IssueDate = "2010-05-13" }},
			"snils":       {ledger.GroupSNILS, func(p *person.Raw) { p.SNILS = "112-233-446 96" }},
			"inn":         {ledger.GroupINN, func(p *person.Raw) { p.INN = "500100732259" }},
			"e-mail":      {ledger.GroupContact, func(p *person.Raw) { p.Email = "k.m@example.org" }},
		} {
			for group, opens := range b.opened(account, kept[0], b.parse(with(claim, c.change))) {
				if opens == (group == c.group) {
					t.Errorf("with another %s the commitment to %v opens: %v", what, group, opens)
				}
			}
		}
	})
}

// Without an account there is no data key to commit under: the work is done all the same.
func TestWithoutAnAccountNothingIsCommittedTo(t *testing.T) {
	b := newBench(t)
	unknown := b.must(bank("vtb"), b.ask(maria())).Entry
	b.put(mariasAccount())
	noConsent := b.must(bank("vtb"), b.ask(maria(), func(r *confirm.Request) { r.Consent.Given = false })).Entry
	if len(unknown.Commitments)+len(noConsent.Commitments) != 0 {
		t.Errorf("%v, %v", unknown.Commitments, noConsent.Commitments)
	}
}

// Once the data key is gone, the true claim and all keys of the ring open nothing.
func TestCommitmentsCannotBeTestedAfterErasure(t *testing.T) {
	b := newBench(t)
	account := b.account(b.put(mariasAccount()))
	e := b.must(bank("vtb"), b.ask(maria())).Entry
	erased := account
	erased.Profile = ledger.Sealed{}
	for group, opens := range b.opened(erased, e, b.parse(maria())) {
		if opens {
			t.Errorf("the commitment to %v opens", group)
		}
	}
	_, err := b.ring.Salt(erased.ID, erased.Profile, e.ID)
	if !errors.Is(err, seal.ErrShredded) {
		t.Errorf("the salt: %v", err)
	}
	data, err := person.Profile{Person: b.parse(maria())}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if erased.Profile, err = b.ring.Seal(erased.ID, data); err != nil {
		t.Fatal(err)
	}
	for group, opens := range b.opened(erased, e, b.parse(maria())) {
		if opens {
			t.Errorf("the commitment to %v opens with another data key", group)
		}
	}
}
