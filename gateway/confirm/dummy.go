package confirm

import (
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
)

// newDummy seals the profile of an invented person of usual length, with which a claim is compared when there is no account.
// Whatever the comparison says of it is thrown away.
func newDummy(ring *seal.Ring) (ledger.Account, error) {
	nobody, _, err := person.Parse(person.Raw{
		FamilyName: "Неизвестный", GivenName: "Константин", MiddleName: "Александрович",
		BirthDate: "1970-02-03", Sex: "MALE",
		Passport: person.RawPassport{
			Series: "4500", Number: "100001", IssueDate: "2015-03-04", DepartmentCode: "770-001", Issuer: "Отдел внутренних дел города Москвы",
		},
		SNILS: "000-000-001 00", INN: "500100732259", MobilePhone: "+79000000001", Email: "nobody@example.org",
	}, person.RequiredOfBank(), person.DateOf(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		return ledger.Account{}, err
	}
	data, err := person.Profile{Person: nobody, PhoneVerified: true, EmailVerified: true}.MarshalBinary()
	if err != nil {
		return ledger.Account{}, err
	}
	id := ledger.AccountID{0xff} // no UUID of a usual version
	sealed, err := ring.Seal(id, data)
	return ledger.Account{ID: id, Level: ledger.LevelStandard, Profile: sealed}, err
}
