package ledger

// Outcome is what was decided. The numbers are stored and never change.
type Outcome uint8

// Outcomes. OutcomeNotChecked is never stored: nothing was decided.
const (
	OutcomeNone             Outcome = 0
	OutcomeConfirmed        Outcome = 1
	OutcomeAlreadyConfirmed Outcome = 2
	OutcomeCloseMatch       Outcome = 3
	OutcomeNotMatched       Outcome = 4
	OutcomeNotEligible      Outcome = 5
	OutcomeNotChecked       Outcome = 6
)

var outcomeNames = [...]string{"", "CONFIRMED", "ALREADY_CONFIRMED", "CLOSE_MATCH", "NOT_MATCHED", "NOT_ELIGIBLE", "NOT_CHECKED"}

// String gives the stable name; empty for OutcomeNone.
func (o Outcome) String() string { return nameOf(outcomeNames[:], uint8(o)) }

// ParseOutcome is the inverse of String for the non-empty names.
func ParseOutcome(name string) (Outcome, bool) {
	n, ok := numberOf(outcomeNames[:], name)
	return Outcome(n), ok
}

// Reason says why an outcome is what it is. The text is stored and never changes; poruka.v1.Reason.Code documents each.
type Reason string

// Reasons of outcomes.
const (
	ReasonNameClose           Reason = "NAME_CLOSE"
	ReasonDocumentClose       Reason = "DOCUMENT_CLOSE"
	ReasonPreviousPassport    Reason = "PREVIOUS_PASSPORT"
	ReasonNoMatchingAccount   Reason = "NO_MATCHING_ACCOUNT"
	ReasonNameDiffers         Reason = "NAME_DIFFERS"
	ReasonDocumentDiffers     Reason = "DOCUMENT_DIFFERS"
	ReasonINNDiffers          Reason = "INN_DIFFERS"
	ReasonLevelTooLow         Reason = "LEVEL_TOO_LOW"
	ReasonCheckInProgress     Reason = "CHECK_IN_PROGRESS"
	ReasonAccountLocked       Reason = "ACCOUNT_LOCKED"
	ReasonPassportExpired     Reason = "PASSPORT_EXPIRED"
	ReasonIssuedBefore14      Reason = "ISSUED_BEFORE_14"
	ReasonPhoneNotBound       Reason = "PHONE_NOT_BOUND"
	ReasonBankAccountInactive Reason = "BANK_ACCOUNT_INACTIVE"
	ReasonAuthenticationStale Reason = "AUTHENTICATION_STALE"
	ReasonConsentMissing      Reason = "CONSENT_MISSING"
	ReasonMinorUnder14        Reason = "MINOR_UNDER_14"
	ReasonMinorPolicy         Reason = "MINOR_POLICY"
	ReasonSourceUnavailable   Reason = "SOURCE_UNAVAILABLE"
)

// Comparison is how one field of a claim compared with the account. The numbers are stored and never change.
type Comparison uint8

// Results of a comparison.
const (
	NotCompared Comparison = 0
	Exact       Comparison = 1 // equal after normalisation
	Close       Comparison = 2 // a typing error apart
	Different   Comparison = 3
	Missing     Comparison = 4 // only one side has it
	Previous    Comparison = 5 // equal to a passport since replaced
)

var comparisonNames = [...]string{"", "EXACT", "CLOSE", "DIFFERENT", "MISSING", "PREVIOUS"}

// String gives the stable name; empty for NotCompared.
func (c Comparison) String() string { return nameOf(comparisonNames[:], uint8(c)) }

// Field names a compared field. The numbers are stored and never change.
type Field uint8

// Compared fields, in the order in which they are reported.
const (
	FieldSNILS          Field = 1
	FieldBirthDate      Field = 2
	FieldSex            Field = 3
	FieldPassport       Field = 4 // series and number
	FieldFamilyName     Field = 5
	FieldGivenName      Field = 6
	FieldMiddleName     Field = 7
	FieldIssueDate      Field = 8
	FieldDepartmentCode Field = 9
	FieldINN            Field = 10
	FieldMobilePhone    Field = 11
	FieldEmail          Field = 12
)

var fieldNames = [...]string{
	"", "person.snils", "person.birthDate", "person.sex", "person.passport.number", "person.familyName", "person.givenName",
	"person.middleName", "person.passport.issueDate", "person.passport.departmentCode", "person.inn", "person.mobilePhone", "person.email",
}

// String gives the path of the field in a request, for example `person.familyName`.
func (f Field) String() string { return nameOf(fieldNames[:], uint8(f)) }

// FieldResult is the comparison of one field.
type FieldResult struct {
	Field      Field
	Comparison Comparison
}
