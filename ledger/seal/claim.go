package seal

import (
	"encoding/binary"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// AppendGroup appends the canonical form of a group of fields, to which entries commit: each field as its length (uvarint) and its
// text in UTF-8, empty when the claim left it out.
//
//	NAME      family name, given name, middle name: canonical, as for comparison
//	BIRTH     date as YYYY-MM-DD, MALE or FEMALE
//	DOCUMENT  citizenship as three letters, series, number, date of issue, department code
//	SNILS     11 digits
//	INN       12 digits
//	CONTACT   mobile phone in E.164, e-mail address
func AppendGroup(dst []byte, group ledger.FieldGroup, p person.Person) []byte {
	switch group {
	case ledger.GroupName:
		return appendFields(dst, p.FamilyName.Canonical(), p.GivenName.Canonical(), p.MiddleName.Canonical())
	case ledger.GroupBirth:
		return appendFields(dst, p.BirthDate.ISO(), p.Sex.Code())
	case ledger.GroupDocument:
		paper := p.Passport
		return appendFields(dst, p.Citizenship.Code(), paper.Series(), paper.Number(), paper.IssueDate().ISO(), paper.DepartmentCode())
	case ledger.GroupSNILS:
		return appendFields(dst, p.SNILS.Digits())
	case ledger.GroupINN:
		return appendFields(dst, p.INN.Digits())
	case ledger.GroupContact:
		return appendFields(dst, p.MobilePhone.E164(), p.Email.Address())
	default:
		return dst
	}
}

func appendFields(dst []byte, texts ...string) []byte {
	for _, text := range texts {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return dst
}

// CommitClaim commits to all groups of a claim, also to those that it leaves out.
func (s Salt) CommitClaim(claim person.Person) []ledger.Commitment {
	commitments := make([]ledger.Commitment, 0, int(ledger.GroupContact))
	form := make([]byte, 0, 256)
	for group := ledger.GroupName; group <= ledger.GroupContact; group++ {
		form = AppendGroup(append(form[:0], byte(group)), group, claim)
		commitments = append(commitments, s.commit(form))
	}
	return commitments
}

// OpenWithSalt is Open and Salt in one, for half the price: what an account holds, and the salt of an entry about it.
func (r *Ring) OpenWithSalt(id ledger.AccountID, s ledger.Sealed, entry ledger.EntryID) ([]byte, Salt, error) {
	key, err := r.dataKey(id, s)
	if err != nil {
		return nil, Salt{}, err
	}
	defer clear(key)
	profile, err := openBox(id, key, s.Box)
	if err != nil {
		return nil, Salt{}, err
	}
	return profile, saltOf(key, entry), nil
}
