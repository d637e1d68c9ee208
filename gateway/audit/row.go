package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/poruka/poruka/ledger"
)

// columns of a CSV report, in order.
var columns = []string{
	"name", "kind", "bank", "outcome", "reasons", "account", "level_before", "level_after", "method", "decide_time", "policy", "style",
	"certificate_serial", "authentication_method", "authenticate_time", "dry_run", "fields", "withdrawn",
}

// moment is how a row writes times: always with microseconds, which is what the ledger keeps.
const moment = "2006-01-02T15:04:05.000000Z"

// row is an entry in the words of the report; the JSON names are those of poruka.v1.Record.
type row struct {
	Name           string        `json:"name"`
	Kind           string        `json:"kind"`
	Bank           string        `json:"bank"`
	Outcome        string        `json:"outcome,omitempty"`
	Reasons        []string      `json:"reasons,omitempty"`
	Account        string        `json:"account,omitempty"`
	LevelBefore    string        `json:"levelBefore,omitempty"`
	LevelAfter     string        `json:"levelAfter,omitempty"`
	Method         string        `json:"method,omitempty"`
	DecideTime     string        `json:"decideTime"`
	Policy         string        `json:"policy,omitempty"`
	Style          string        `json:"style,omitempty"`
	Serial         string        `json:"certificateSerial,omitempty"`
	Authentication string        `json:"authenticationMethod,omitempty"`
	AuthTime       string        `json:"authenticateTime,omitempty"`
	DryRun         bool          `json:"dryRun,omitempty"`
	Fields         []fieldResult `json:"fields,omitempty"`
	Withdrawn      string        `json:"withdrawn,omitempty"`
}

type fieldResult struct {
	Field      string `json:"field"`
	Comparison string `json:"comparison"`
}

func rowOf(e ledger.Entry) row {
	r := row{
		Name: entryName(e.ID), Kind: e.Kind.String(), Bank: string(e.Partner), Outcome: e.Outcome.String(),
		LevelBefore: e.Before.String(), LevelAfter: e.After.String(), Method: e.Method.String(), DecideTime: at(e.DecidedAt),
		Policy: e.Policy, Style: e.Style, Serial: e.Serial, Authentication: e.Means.String(), AuthTime: at(e.AuthedAt),
		DryRun: e.DryRun, Withdrawn: entryName(e.Withdrawn),
	}
	if !e.Account.IsZero() {
		r.Account = "accounts/" + e.Account.String()
	}
	for _, reason := range e.Reasons {
		r.Reasons = append(r.Reasons, string(reason))
	}
	for _, f := range e.Fields {
		if f.Comparison != ledger.NotCompared {
			r.Fields = append(r.Fields, fieldResult{f.Field.String(), f.Comparison.String()})
		}
	}
	return r
}

func entryName(id ledger.EntryID) string {
	if id.IsZero() {
		return ""
	}
	return "confirmations/" + id.String()
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(moment)
}

// cells gives the values in the order of columns.
func (r row) cells() []string {
	fields := make([]string, 0, len(r.Fields))
	for _, f := range r.Fields {
		fields = append(fields, f.Field+"="+f.Comparison)
	}
	dry := "false"
	if r.DryRun {
		dry = "true"
	}
	return []string{
		r.Name, r.Kind, r.Bank, r.Outcome, strings.Join(r.Reasons, ";"), r.Account, r.LevelBefore, r.LevelAfter, r.Method, r.DecideTime,
		r.Policy, r.Style, r.Serial, r.Authentication, r.AuthTime, dry, strings.Join(fields, ";"), r.Withdrawn,
	}
}

// appendCSV writes one line of a CSV report.
func appendCSV(dst []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		cell = guard(cell)
		if !strings.ContainsAny(cell, "\",") {
			dst = append(dst, cell...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}

// guard makes a cell text for every spreadsheet: what would begin a formula, also in full width and behind blanks, gets an
// apostrophe. Control characters become blanks, so that a row is a line. Source: OWASP, CSV injection.
func guard(cell string) string {
	if strings.ContainsAny(firstLetter(cell), "=+-@\t\r＝＋－＠") {
		cell = "'" + cell
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, cell)
}

// firstLetter gives what a spreadsheet looks at: the first character behind blanks and line ends.
func firstLetter(cell string) string {
	for _, r := range strings.TrimLeft(cell, " \n\u00a0\u3000") {
		return string(r)
	}
	return ""
}

// appendJSON writes one line of a JSONL report.
func appendJSON(dst []byte, value any) ([]byte, error) {
	line := bytes.NewBuffer(dst)
	encoder := json.NewEncoder(line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return dst, err
	}
	return line.Bytes(), nil
}
