package main

import (
	"fmt"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

func (r *verifiedReport) fill(v verify.Verified) {
	r.Holds = true
	r.Rows, r.SHA256 = v.Rows, fmt.Sprintf("%x", v.SHA256)
	r.From, r.To = timeText(v.Filter.From), timeText(v.Filter.To)
	r.Bank, r.Outcome = string(v.Filter.Partner), v.Filter.Outcome.String()
	r.Origin, r.Size, r.Root = v.Log.Origin, v.Log.Size, fmt.Sprintf("%x", v.Log.Root)
	r.Key = fmt.Sprintf("%s+%08x", v.Key.Name(), v.Key.KeyHash())
	r.Hours, r.Unsealed = v.Seals.Hours, v.Seals.Unsealed
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func (r *verifiedReport) print(s *streams, v verify.Verified, finding *verify.Finding) error {
	if s.JSON {
		return s.printJSON(r)
	}
	if !r.Holds {
		_, err := fmt.Fprintf(s.Out, "%s %s: %s\n", s.red("no"), r.File, placeOf(finding))
		return err
	}
	_, err := fmt.Fprintf(s.Out, "%s %s holds: %s, each in the log as it was decided\n"+
		"    signed by  %s\n    the log    %s entries, root %s\n    chosen by  %s\n    complete   %s\n",
		s.green("yes"), r.File, counted(r.Rows, "row"), r.Key, thousands(r.Size), r.Root, chosenBy(v.Filter), completeness(v))
	return err
}

// placeOf tells where in the report it is wrong, and what.
func placeOf(f *verify.Finding) string {
	switch {
	case f.Row == 0:
		return f.What
	case f.Last > f.Row:
		return fmt.Sprintf("rows %s to %s, from position %s: %s", thousands(f.Row), thousands(f.Last), thousands(f.Position), f.What)
	case f.Position < 0:
		return fmt.Sprintf("row %s: %s", thousands(f.Row), f.What)
	default:
		return fmt.Sprintf("row %s, position %s: %s", thousands(f.Row), thousands(f.Position), f.What)
	}
}

func chosenBy(f ledger.Filter) string {
	text := "everything"
	if f.Partner != "" {
		text = "bank " + string(f.Partner)
	}
	if f.Outcome != ledger.OutcomeNone {
		text += ", outcome " + f.Outcome.String()
	}
	if !f.From.IsZero() {
		text += ", from " + timeText(f.From)
	}
	if !f.To.IsZero() {
		text += ", before " + timeText(f.To)
	}
	return text
}

// completeness says what is known of what is not in the report.
func completeness(v verify.Verified) string {
	const word = "the gateway has signed that these are all that the filter chooses in that log"
	if v.Seals.Hours == 0 {
		return word
	}
	text := word + fmt.Sprintf("; the seals of %s count as many rows as there are", counted(v.Seals.Hours, "hour"))
	if v.Seals.Unsealed > 0 {
		text += fmt.Sprintf(", %s not sealed yet", counted(v.Seals.Unsealed, "row"))
	}
	return text
}
