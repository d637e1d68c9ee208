package ledger

import (
	"cmp"
	"slices"
	"strings"
)

// Conflict is that a claim differs from what another bank vouched for of the same person. It stands in the Detail of an entry, as
// `conflict=DOCUMENT,NAME:vtb`.
type Conflict struct {
	With   PartnerID    // the other bank
	Groups []FieldGroup // that differ
}

const conflictPair = "conflict="

// ConflictDetail gives what the detail of an entry says of conflicts, in the order of the other banks' ids; empty without any.
func ConflictDetail(conflicts []Conflict) string {
	pairs := make([]string, len(conflicts))
	for i, c := range conflicts {
		names := make([]string, len(c.Groups))
		for j, group := range c.Groups {
			names[j] = group.String()
		}
		slices.Sort(names)
		pairs[i] = conflictPair + strings.Join(slices.Compact(names), ",") + ":" + string(c.With)
	}
	slices.SortFunc(pairs, func(a, b string) int {
		return cmp.Compare(a[strings.LastIndexByte(a, ':'):], b[strings.LastIndexByte(b, ':'):])
	})
	return strings.Join(pairs, " ")
}

// Conflicts reads them from the detail of the entry.
func (e *Entry) Conflicts() []Conflict {
	var conflicts []Conflict
	for pair := range strings.FieldsSeq(e.Detail) {
		text, is := strings.CutPrefix(pair, conflictPair)
		names, bank, whole := strings.Cut(text, ":")
		if !is || !whole {
			continue
		}
		c := Conflict{With: PartnerID(bank)}
		for name := range strings.SplitSeq(names, ",") {
			if group, known := numberOf(fieldGroupNames[:], name); known {
				c.Groups = append(c.Groups, FieldGroup(group))
			}
		}
		conflicts = append(conflicts, c)
	}
	return conflicts
}
