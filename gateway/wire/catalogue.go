package wire

import (
	"cmp"
	"slices"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// entry is one reason of the catalogue.
type entry struct {
	outcome porukav1.Confirmation_Outcome // of the decided requests that carry it; unspecified for reasons of errors
	kind    fault.Kind                    // of the errors that carry it
	reason  *porukav1.Reason
}

// ReasonOf gives the whole reason for a stable name, with texts in both languages; an unknown name gives INTERNAL.
// The result is shared by all calls and must not be changed.
func ReasonOf(name string) *porukav1.Reason {
	code := porukav1.Reason_Code(porukav1.Reason_Code_value[name])
	for _, part := range [...][]entry{outcomes, refusals, troubles} {
		if i, ok := slices.BinarySearchFunc(part, code, byCode); ok {
			return part[i].reason
		}
	}
	return ReasonOf(string(fault.Defect))
}

func byCode(e entry, code porukav1.Reason_Code) int { return cmp.Compare(e.reason.GetReason(), code) }

// decided makes the entry of a reason that is told in an OK answer.
func decided(
	code porukav1.Reason_Code, outcome porukav1.Confirmation_Outcome,
	g porukav1.Reason_Group, a porukav1.Reason_Actor, r porukav1.Reason_Retry, ru, en string,
) entry {
	text := &porukav1.LocalizedText{Ru: ru, En: en}
	return entry{outcome: outcome, reason: &porukav1.Reason{Reason: code, Group: g, Actor: a, Retry: r, Text: text}}
}

// refused makes the entry of a reason that is told in an error.
func refused(code porukav1.Reason_Code, kind fault.Kind, a porukav1.Reason_Actor, r porukav1.Reason_Retry, ru, en string) entry {
	text := &porukav1.LocalizedText{Ru: ru, En: en}
	return entry{kind: kind, reason: &porukav1.Reason{Reason: code, Actor: a, Retry: r, Text: text}}
}

// after says how long the reason usually lasts.
func (e entry) after(seconds int32) entry {
	e.reason.RetryDelaySeconds = seconds
	return e
}
