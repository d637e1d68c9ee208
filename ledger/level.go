package ledger

// Level says how far the identity of an account's owner is established. The numbers are stored and never change.
type Level uint8

// Levels. The first four are a ladder; the others are side states.
const (
	LevelNone              Level = 0 // not known, or not to be told
	LevelSimplified        Level = 1 // name and a phone or an e-mail address
	LevelStandardVerifying Level = 2 // passport and SNILS are with the registries
	LevelStandard          Level = 3 // the registries agree
	LevelConfirmed         Level = 4 // identity confirmed
	LevelStalled           Level = 5 // the registries have not answered for 5 days
	LevelVerifyFailed      Level = 6 // the registries disagree
	LevelLocked            Level = 7 // locked by the portal
	LevelErased            Level = 8 // the owner's data are erased
)

var levelNames = [...]string{"", "SIMPLIFIED", "STANDARD_VERIFYING", "STANDARD", "CONFIRMED", "STALLED", "VERIFY_FAILED", "LOCKED", "ERASED"}

// String gives the stable name; empty for LevelNone and for unknown values.
func (l Level) String() string { return nameOf(levelNames[:], uint8(l)) }

// ParseLevel is the inverse of String for the non-empty names.
func ParseLevel(name string) (Level, bool) {
	n, ok := numberOf(levelNames[:], name)
	return Level(n), ok
}

// rung orders the ladder; side states stand below it, so that leaving the ladder counts as a fall.
func (l Level) rung() int {
	if l >= LevelSimplified && l <= LevelConfirmed {
		return int(l)
	}
	return 0
}

// FallsTo reports whether going from l to next loses what the owner had reached.
func (l Level) FallsTo(next Level) bool { return next.rung() < l.rung() }

// Method says how an account was confirmed. The numbers are stored and never change.
type Method uint8

// Methods of confirmation.
const (
	MethodNone          Method = 0
	MethodBank          Method = 1
	MethodServiceCentre Method = 2
	MethodPostalCode    Method = 3
	MethodESignature    Method = 4
)

var methodNames = [...]string{"", "BANK", "SERVICE_CENTRE", "POSTAL_CODE", "E_SIGNATURE"}

// String gives the stable name; empty for MethodNone.
func (m Method) String() string { return nameOf(methodNames[:], uint8(m)) }

// ParseMethod is the inverse of String for the non-empty names.
func ParseMethod(name string) (Method, bool) {
	n, ok := numberOf(methodNames[:], name)
	return Method(n), ok
}

// RegistryStatus is what the state registries said of the owner's passport and SNILS. The numbers are stored and never change.
type RegistryStatus uint8

// Answers of the registries.
const (
	RegistryUnset    RegistryStatus = 0
	RegistryVerified RegistryStatus = 1
	RegistryPending  RegistryStatus = 2
	RegistryFailed   RegistryStatus = 3
	RegistryNone     RegistryStatus = 4 // not asked
)

var registryNames = [...]string{"", "VERIFIED", "PENDING", "FAILED", "NONE"}

// String gives the stable name; empty for RegistryUnset.
func (s RegistryStatus) String() string { return nameOf(registryNames[:], uint8(s)) }

// ParseRegistryStatus is the inverse of String for the non-empty names.
func ParseRegistryStatus(name string) (RegistryStatus, bool) {
	n, ok := numberOf(registryNames[:], name)
	return RegistryStatus(n), ok
}

func nameOf(names []string, n uint8) string {
	if int(n) < len(names) {
		return names[n]
	}
	return ""
}

func numberOf(names []string, name string) (uint8, bool) {
	for n, have := range names {
		if have == name && name != "" {
			return uint8(n), true
		}
	}
	return 0, false
}
