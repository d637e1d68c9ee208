package person

import (
	"encoding/binary"
	"errors"
)

// The stored form of a profile, version 1:
//
//	version     1 byte
//	flags       1 byte: 1 phone verified, 2 e-mail verified
//	sex         1 byte
//	citizenship uvarint, place in the table of countries
//	birth date, SNILS, INN, phone: uvarints
//	family, given, middle name: each the text, then the canonical form, empty when it is the text
//	e-mail      text
//	passport, then the number of previous ones (1 byte) and these: each series, number, department code, issuer, and the
//	            issue date as uvarint
//
// A text is its length in bytes as uvarint, then UTF-8. A change of the rules of normalisation needs a new version, under
// which names stored before are folded again from their text.
const profileVersion = 1

const (
	flagPhoneVerified = 1 << iota
	flagEmailVerified
	knownFlags = 1<<iota - 1
)

var (
	errProfile  = errors.New("person: stored profile is malformed")
	errPrevious = errors.New("person: too many previous passports")
)

// MarshalBinary gives the form in which a profile is sealed. It fails with more than MaxPrevious previous passports.
func (p Profile) MarshalBinary() ([]byte, error) {
	if len(p.Previous) > MaxPrevious {
		return nil, errPrevious
	}
	dst := make([]byte, 0, 512)
	dst = append(dst, profileVersion, flag(p.PhoneVerified)*flagPhoneVerified|flag(p.EmailVerified)*flagEmailVerified, byte(p.Sex))
	for _, n := range [...]veiled{p.Citizenship.place, p.BirthDate.day, p.SNILS.digits, p.INN.digits, p.MobilePhone.digits} {
		dst = binary.AppendUvarint(dst, n.bits())
	}
	for _, name := range [...]Name{p.FamilyName, p.GivenName, p.MiddleName} {
		forms := name.data()
		if forms.canonical == forms.text {
			forms.canonical = ""
		}
		dst = appendText(appendText(dst, forms.text), forms.canonical)
	}
	dst = appendText(dst, p.Email.Address())
	dst = p.Passport.appendBinary(dst)
	dst = append(dst, byte(len(p.Previous))) //nolint:gosec // at most MaxPrevious
	for _, passport := range p.Previous {
		dst = passport.appendBinary(dst)
	}
	return dst, nil
}

func (p Passport) appendBinary(dst []byte) []byte {
	paper := p.data()
	for _, text := range [...]string{paper.series, paper.number, paper.departmentCode, paper.issuer} {
		dst = appendText(dst, text)
	}
	return binary.AppendUvarint(dst, paper.issued.day.bits())
}

// UnmarshalProfile reads the form that MarshalBinary gives. The bytes come out of a seal, so they are checked to be whole
// and within bounds, but names are not normalised again. The error never repeats them. The profile keeps
// nothing of data: the caller may overwrite it.
func UnmarshalProfile(data []byte) (Profile, error) {
	if len(data) < 3 || data[0] != profileVersion || data[1] > knownFlags || data[2] > byte(Female) {
		return Profile{}, errProfile
	}
	r := reader{rest: string(data[3:])}
	p := Profile{PhoneVerified: data[1]&flagPhoneVerified != 0, EmailVerified: data[1]&flagEmailVerified != 0}
	p.Sex = Sex(data[2])
	if p.Citizenship.place = hideBits(r.uint(uint64(len(countries) / 3))); p.Citizenship.Code() == "RUS" {
		p.Citizenship = Citizenship{}
	}
	p.BirthDate = r.date()
	p.SNILS.digits = hideBits(r.uint(1e11 - 1))
	p.INN.digits = hideBits(r.uint(1e12 - 1))
	p.MobilePhone.digits = hideBits(r.uint(8e10 - 1))

	// One allocation for all that the person points to.
	parts := new(struct {
		names    [3]concealed[nameForms]
		passport concealed[passportData]
		email    concealed[string]
	})
	for i, name := range [...]*Name{&p.FamilyName, &p.GivenName, &p.MiddleName} {
		r.name(name, &parts.names[i])
	}
	if parts.email.value = r.text(); parts.email.value != "" {
		p.Email.address = parts.email.hide()
	}
	r.passport(&p.Passport, &parts.passport)
	if previous := r.byte(); previous > 0 && previous <= MaxPrevious {
		papers := make([]concealed[passportData], previous)
		p.Previous = make([]Passport, previous)
		for i := range papers {
			r.passport(&p.Previous[i], &papers[i])
		}
	} else if previous != 0 {
		r.broken = true
	}
	if r.broken || r.rest != "" {
		return Profile{}, errProfile
	}
	return p, nil
}
