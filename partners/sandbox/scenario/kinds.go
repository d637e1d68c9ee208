package scenario

// Kind is a way in which a claim is true or wrong.
type Kind string

// Kinds of scenarios.
const (
	Truth               Kind = "truth"                                   // as the portal holds it
	DryRun              Kind = "dry run"                                 // the same, to try
	WrittenOtherwise    Kind = "written otherwise"                       // the same in other letters and masks
	OtherEmail          Kind = "other e-mail"                            // which never decides
	FamilyTypo          Kind = "typo in the family name"                 //
	GivenTypo           Kind = "typo in the given name"                  //
	MiddleTypo          Kind = "typo in the patronymic"                  //
	TwoTypos            Kind = "typos in two names"                      //
	NoMiddle            Kind = "patronymic left out"                     //
	SwappedNames        Kind = "names in each other's place"             //
	OtherSexEnding      Kind = "family name with the other sex's ending" // of the spouse, or of a sibling
	OtherFamily         Kind = "another family name"                     //
	OtherIssueDate      Kind = "another issue date"                      //
	OtherDepartment     Kind = "another department code"                 //
	OtherDateAndOffice  Kind = "another issue date and department code"  //
	PreviousPassport    Kind = "the passport before"                     //
	OtherPassport       Kind = "another passport number"                 //
	OtherBirthDate      Kind = "another birth date"                      //
	OtherSex            Kind = "the other sex"                           //
	UnknownSNILS        Kind = "a SNILS that nobody has"                 //
	OtherINN            Kind = "another INN"                             //
	OtherPhone          Kind = "another phone"                           //
	StaleAuthentication Kind = "stale authentication"                    //
	NoConsent           Kind = "no consent"                              //
	InactiveAccount     Kind = "inactive bank account"                   //
	PhoneNotBound       Kind = "phone not bound to the bank account"     //
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{
		Truth, DryRun, WrittenOtherwise, OtherEmail, FamilyTypo, GivenTypo, MiddleTypo, TwoTypos, NoMiddle, SwappedNames, OtherSexEnding,
		OtherFamily, OtherIssueDate, OtherDepartment, OtherDateAndOffice, PreviousPassport, OtherPassport, OtherBirthDate, OtherSex,
		UnknownSNILS, OtherINN, OtherPhone, StaleAuthentication, NoConsent, InactiveAccount, PhoneNotBound,
	}
}

// changes turn the truth into each kind. They give false when there is nothing to change.
var changes = map[Kind]func(*draft) bool{
	Truth:               func(*draft) bool { return true },
	DryRun:              func(d *draft) bool { d.claim.DryRun = true; return true },
	WrittenOtherwise:    (*draft).writeOtherwise,
	OtherEmail:          func(d *draft) bool { d.claim.Person.Email = "other@example.org"; return true },
	FamilyTypo:          func(d *draft) bool { return d.mistype(&d.claim.Person.FamilyName) },
	GivenTypo:           func(d *draft) bool { return d.mistype(&d.claim.Person.GivenName) },
	MiddleTypo:          func(d *draft) bool { return d.mistype(&d.claim.Person.MiddleName) },
	TwoTypos:            (*draft).mistypeTwice,
	NoMiddle:            (*draft).leaveMiddleOut,
	SwappedNames:        (*draft).swapNames,
	OtherSexEnding:      (*draft).turnEnding,
	OtherFamily:         (*draft).rename,
	OtherIssueDate:      func(d *draft) bool { return d.redate(documentClose) },
	OtherDepartment:     func(d *draft) bool { return d.recode(documentClose) },
	OtherDateAndOffice:  func(d *draft) bool { return d.redate(documentDiffers) && d.recode(documentDiffers) },
	PreviousPassport:    (*draft).takePrevious,
	OtherPassport:       (*draft).renumber,
	OtherBirthDate:      (*draft).rebirth,
	OtherSex:            (*draft).turnSex,
	UnknownSNILS:        (*draft).takeUnknown,
	OtherINN:            (*draft).changeINN,
	OtherPhone:          (*draft).changePhone,
	StaleAuthentication: func(d *draft) bool { d.claim.AuthenticatedAt = d.config.Now.Add(-stale); return true },
	NoConsent:           func(d *draft) bool { d.claim.ConsentGiven = false; return true },
	InactiveAccount:     func(d *draft) bool { d.claim.AccountActive = false; return true },
	PhoneNotBound:       func(d *draft) bool { d.claim.PhoneBound = false; return true },
}
