package person

// Raw is a person in the words of a caller, before anything is believed. Every transport and every dialect fills one.
// It shows as «redacted» itself, but its fields are plain text: hand it on, do not keep it in an unexported field.
type Raw struct {
	redaction
	FamilyName, GivenName, MiddleName string
	BirthDate                         string // YYYY-MM-DD
	Sex                               string // MALE, FEMALE, or any coding that ParseSex takes
	Citizenship                       string // ISO 3166-1 alpha-3, empty for RUS
	Passport                          RawPassport
	SNILS, INN, MobilePhone, Email    string
}

// RawPassport is a passport in the words of a caller.
type RawPassport struct {
	redaction
	Series, Number, IssueDate, DepartmentCode, Issuer string
}

// Person is a person whose every field is well-formed. Fields that the caller left out are zero.
type Person struct {
	redaction
	FamilyName, GivenName, MiddleName Name
	BirthDate                         Date
	Sex                               Sex
	Citizenship                       Citizenship
	Passport                          Passport
	SNILS                             SNILS
	INN                               INN
	MobilePhone                       Phone
	Email                             Email
}

// Profile is what the portal holds of an account's owner.
type Profile struct {
	Person
	PhoneVerified bool
	EmailVerified bool
	Previous      []Passport // replaced passports, newest first, at most MaxPrevious
}

// MaxPrevious is how many replaced passports a profile may hold.
const MaxPrevious = 10

// Field names a field of a person by its path in JSON, for example `familyName` or `passport.series`.
type Field string

// Fields of a person.
const (
	FieldFamilyName     Field = "familyName"
	FieldGivenName      Field = "givenName"
	FieldMiddleName     Field = "middleName"
	FieldBirthDate      Field = "birthDate"
	FieldSex            Field = "sex"
	FieldCitizenship    Field = "citizenship"
	FieldPassport       Field = "passport"
	FieldSeries         Field = "passport.series"
	FieldNumber         Field = "passport.number"
	FieldIssueDate      Field = "passport.issueDate"
	FieldDepartmentCode Field = "passport.departmentCode"
	FieldIssuer         Field = "passport.issuer"
	FieldSNILS          Field = "snils"
	FieldINN            Field = "inn"
	FieldMobilePhone    Field = "mobilePhone"
	FieldEmail          Field = "email"
)

// Requirements say which fields must not be left out.
type Requirements map[Field]bool

// Problem says what is wrong with a field.
type Problem string

// Problems.
const (
	Format    Problem = "FORMAT"     // not of the required form; a required field left out counts as well
	Checksum  Problem = "CHECKSUM"   // the check digits are wrong
	NotPerson Problem = "NOT_PERSON" // an INN of an organisation
)

// FieldError is one field at fault. It never holds the value.
type FieldError struct {
	Field   Field
	Problem Problem
	Text    string // what is wanted, in English, for example `must have 11 digits`
}

// Error gives the field and the text.
func (e *FieldError) Error() string { return string(e.Field) + ": " + e.Text }

// Errors are all the fields of one person at fault, in the order of the fields of Person.
type Errors []*FieldError

// Error joins the texts with semicolons.
func (e Errors) Error() string {
	text := ""
	for i, one := range e {
		if i > 0 {
			text += "; "
		}
		text += one.Error()
	}
	return text
}

// Step is one step of normalisation that changed a field. The names are those of poruka.v1.Normalisation.Step.
type Step string

// Steps, in the order in which they are applied.
const (
	StepPlaceholder    Step = "PLACEHOLDER"
	StepNFKC           Step = "NFKC"
	StepDash           Step = "DASH"
	StepApostrophe     Step = "APOSTROPHE"
	StepUpperCase      Step = "UPPER_CASE"
	StepYoToYe         Step = "YO_TO_YE"
	StepBlanks         Step = "BLANKS"
	StepLatinLookalike Step = "LATIN_LOOKALIKE"
	StepMask           Step = "MASK"
	StepIDNA           Step = "IDNA"
)

// Normalised is what was done to one field.
type Normalised struct {
	Field Field
	Steps []Step
}

// Trace is what was done to the fields of one person, in the order of the fields; fields that were not changed are left out.
type Trace []Normalised
