package person

import "slices"

// Raw gives the person in words again, in the canonical form of every field but the names, which are as they were given.
// Parse of it gives an equal Person.
func (p Person) Raw() Raw {
	return Raw{
		FamilyName: p.FamilyName.Text(), GivenName: p.GivenName.Text(), MiddleName: p.MiddleName.Text(),
		BirthDate:   p.BirthDate.ISO(),
		Sex:         p.Sex.Code(),
		Citizenship: p.Citizenship.Code(),
		Passport:    p.Passport.Raw(),
		SNILS:       p.SNILS.Printed(),
		INN:         p.INN.Digits(),
		MobilePhone: p.MobilePhone.E164(),
		Email:       p.Email.Address(),
	}
}

// Raw gives the passport in words again.
func (p Passport) Raw() RawPassport {
	return RawPassport{
		Series: p.Series(), Number: p.Number(), IssueDate: p.IssueDate().ISO(),
		DepartmentCode: p.DepartmentCode(), Issuer: p.Issuer(),
	}
}

// Equal reports whether both hold the same, in every field.
func (p Person) Equal(other Person) bool {
	return p.FamilyName.Equal(other.FamilyName) && p.GivenName.Equal(other.GivenName) && p.MiddleName.Equal(other.MiddleName) &&
		p.BirthDate == other.BirthDate && p.Sex == other.Sex && p.Citizenship == other.Citizenship &&
		p.Passport.Equal(other.Passport) && p.SNILS == other.SNILS && p.INN == other.INN &&
		p.MobilePhone == other.MobilePhone && p.Email.Equal(other.Email)
}

// Equal reports whether both hold the same, in every field.
func (p Profile) Equal(other Profile) bool {
	return p.Person.Equal(other.Person) && p.PhoneVerified == other.PhoneVerified && p.EmailVerified == other.EmailVerified &&
		slices.EqualFunc(p.Previous, other.Previous, Passport.Equal)
}
