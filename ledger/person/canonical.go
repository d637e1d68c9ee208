package person

import "encoding/binary"

// Canonical appends the canonical values of the person, so that two persons give the same bytes exactly when every field
// is the same after normalisation: Семёнов and семенов are the same. It is for digests of requests, not for storage.
func (p Person) Canonical(dst []byte) []byte {
	for _, text := range [...]string{p.FamilyName.Canonical(), p.GivenName.Canonical(), p.MiddleName.Canonical(), p.Email.Address()} {
		dst = appendText(dst, text)
	}
	dst = append(dst, byte(p.Sex))
	dst = append(dst, p.Citizenship.Code()...)
	for _, n := range [...]veiled{p.BirthDate.day, p.SNILS.digits, p.INN.digits, p.MobilePhone.digits} {
		dst = binary.BigEndian.AppendUint64(dst, n.bits())
	}
	return p.Passport.canonical(dst)
}

// Canonical appends the canonical values of the profile: those of the person, and what the portal adds.
func (p Profile) Canonical(dst []byte) []byte {
	dst = p.Person.Canonical(dst)
	dst = append(dst, flag(p.PhoneVerified), flag(p.EmailVerified))
	dst = binary.AppendUvarint(dst, uint64(len(p.Previous)))
	for _, passport := range p.Previous {
		dst = passport.canonical(dst)
	}
	return dst
}

func (p Passport) canonical(dst []byte) []byte {
	paper := p.data()
	for _, text := range [...]string{paper.series, paper.number, paper.departmentCode, paper.issuer} {
		dst = appendText(dst, text)
	}
	return binary.BigEndian.AppendUint64(dst, paper.issued.day.bits())
}

// appendText appends a text after its length, so that texts that follow each other cannot be confused.
func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}
