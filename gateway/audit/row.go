package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/poruka/poruka/ledger"
)

// columns of a CSV report, in order.
const columns = "name,kind,bank,outcome,reasons,account,level_before,level_after,method,decide_time,policy,style,certificate_serial," +
	"authentication_method,authenticate_time,dry_run,fields,withdrawn,detail,encoding,position,rest,leaf,block,gap\n"

// moment is how a row writes times: always with microseconds, which is what the ledger keeps.
const moment = "2006-01-02T15:04:05.000000Z"

// notCompared is how a row writes ledger.NotCompared, which has no name.
const notCompared = "NOT_COMPARED"

// row is an entry with its place in the log.
type row struct {
	*ledger.Entry
	placed
}

// placed is what a row tells beyond the facts.
type placed struct {
	position int64
	rest     [32]byte
	leaf     [32]byte
	block    [32]byte // root of the block of the row before
	hasBlock bool     // this row begins another block than the row before
	gap      [][32]byte
}

func appendID(dst []byte, prefix string, id uuid.UUID) []byte {
	if id == uuid.Nil {
		return dst
	}
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(append(dst, prefix...), text[:]...)
}

const (
	entryPrefix   = "confirmations/"
	accountPrefix = "accounts/"
)

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return t.UTC().AppendFormat(dst, moment)
}

func comparison(c ledger.Comparison) string {
	if c == ledger.NotCompared {
		return notCompared
	}
	return c.String()
}

// appendHashes writes hashes in base64, joined by `;`.
func appendHashes(dst []byte, hashes [][32]byte) []byte {
	for i := range hashes {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = base64.StdEncoding.AppendEncode(dst, hashes[i][:])
	}
	return dst
}

// appendCSV writes one line of a CSV report.
func (r *row) appendCSV(dst []byte) []byte {
	dst = append(appendID(dst, entryPrefix, uuid.UUID(r.ID)), ',')
	dst = append(append(dst, r.Kind.String()...), ',')
	dst = append(appendCell(dst, string(r.Partner)), ',')
	dst = append(append(dst, r.Outcome.String()...), ',')
	dst = append(appendCell(dst, joined(r.Reasons)), ',')
	dst = append(appendID(dst, accountPrefix, uuid.UUID(r.Account)), ',')
	dst = append(append(dst, r.Before.String()...), ',')
	dst = append(append(dst, r.After.String()...), ',')
	dst = append(append(dst, r.Method.String()...), ',')
	dst = append(appendTime(dst, r.DecidedAt), ',')
	for _, text := range [...]string{r.Policy, r.Style, r.Serial} {
		dst = append(appendCell(dst, text), ',')
	}
	dst = append(append(dst, r.Means.String()...), ',')
	dst = append(appendTime(dst, r.AuthedAt), ',')
	dst = append(strconv.AppendBool(dst, r.DryRun), ',')
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(append(append(dst, f.Field.String()...), '='), comparison(f.Comparison)...)
	}
	dst = append(dst, ',')
	dst = append(appendID(dst, entryPrefix, uuid.UUID(r.Withdrawn)), ',')
	dst = append(appendCell(dst, r.Detail), ',')
	dst = append(strconv.AppendInt(dst, int64(r.Encoding), 10), ',')
	dst = append(strconv.AppendInt(dst, r.position, 10), ',')
	dst = append(hex.AppendEncode(dst, r.rest[:]), ',')
	dst = append(hex.AppendEncode(dst, r.leaf[:]), ',')
	if r.hasBlock {
		dst = hex.AppendEncode(dst, r.block[:])
	}
	return append(appendHashes(append(dst, ','), r.gap), '\n')
}

func joined(reasons []ledger.Reason) string {
	if len(reasons) == 1 {
		return string(reasons[0])
	}
	var text strings.Builder
	for i, reason := range reasons {
		if i > 0 {
			text.WriteByte(';')
		}
		text.WriteString(string(reason))
	}
	return text.String()
}

// appendCell writes text that somebody else may have chosen.
func appendCell(dst []byte, cell string) []byte {
	if isPlain(cell) {
		return append(dst, cell...)
	}
	cell = guard(cell)
	if !strings.ContainsAny(cell, "\",") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}

// isPlain: no reader of CSV can take it for anything else.
func isPlain(cell string) bool {
	for i := range len(cell) {
		c := cell[i]
		isWord := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !isWord && (i == 0 || !strings.ContainsRune("-_/.;:= ", rune(c))) {
			return false
		}
	}
	return true
}

// guard makes a cell text for every spreadsheet: what would begin a formula, also in full width and behind blanks, gets an
// apostrophe, and so does what begins with one, so that it can be taken away again. Control characters are written as \uXXXX, and a
// backslash doubled, so that a row is a line. Source: OWASP, CSV injection.
func guard(cell string) string {
	needs := strings.HasPrefix(cell, "'") || strings.ContainsAny(firstLetter(cell), "=+-@\t\r＝＋－＠")
	if strings.ContainsFunc(cell, isEscaped) {
		var text strings.Builder
		for _, r := range cell {
			switch {
			case r == '\\':
				text.WriteString(`\\`)
			case isEscaped(r):
				fmt.Fprintf(&text, `\u%04x`, r)
			default:
				text.WriteRune(r)
			}
		}
		cell = text.String()
	}
	if needs {
		cell = "'" + cell
	}
	return cell
}

func isEscaped(r rune) bool {
	return r == '\\' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// firstLetter gives what a spreadsheet looks at: the first character behind blanks and line ends.
func firstLetter(cell string) string {
	for _, r := range strings.TrimLeft(cell, " \n\u00a0\u3000") {
		return string(r)
	}
	return ""
}

// appendJSON writes one line of a JSONL report. The names are those of poruka.v1.Record in JSON.
func (r *row) appendJSON(dst []byte) []byte {
	var id [64]byte
	dst = append(dst, `{"name":`...)
	dst = appendString(dst, string(appendID(id[:0], entryPrefix, uuid.UUID(r.ID))))
	dst = member(dst, "kind", r.Kind.String())
	dst = member(dst, "bank", string(r.Partner))
	dst = member(dst, "outcome", r.Outcome.String())
	for i, reason := range r.Reasons {
		dst = appendString(append(dst, opening(i, `,"reasons":[`)...), string(reason))
	}
	dst = closing(dst, len(r.Reasons))
	dst = member(dst, "account", string(appendID(id[:0], accountPrefix, uuid.UUID(r.Account))))
	dst = member(dst, "levelBefore", r.Before.String())
	dst = member(dst, "levelAfter", r.After.String())
	dst = member(dst, "method", r.Method.String())
	dst = member(dst, "decideTime", string(appendTime(id[:0], r.DecidedAt)))
	dst = member(dst, "policy", r.Policy)
	dst = member(dst, "style", r.Style)
	dst = member(dst, "certificateSerial", r.Serial)
	dst = member(dst, "authenticationMethod", r.Means.String())
	dst = member(dst, "authenticateTime", string(appendTime(id[:0], r.AuthedAt)))
	if r.DryRun {
		dst = append(dst, `,"dryRun":true`...)
	}
	for i, f := range r.Fields {
		dst = append(dst, opening(i, `,"fields":[`)...)
		dst = appendString(append(dst, `{"field":`...), f.Field.String())
		dst = append(member(dst, "comparison", comparison(f.Comparison)), '}')
	}
	dst = closing(dst, len(r.Fields))
	dst = member(dst, "withdrawn", string(appendID(id[:0], entryPrefix, uuid.UUID(r.Withdrawn))))
	dst = member(dst, "detail", r.Detail)
	return r.appendJSONProof(dst)
}

func (r *row) appendJSONProof(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `,"encoding":`...), int64(r.Encoding), 10)
	dst = strconv.AppendInt(append(dst, `,"position":`...), r.position, 10)
	dst = append(hex.AppendEncode(append(dst, `,"rest":"`...), r.rest[:]), '"')
	dst = append(hex.AppendEncode(append(dst, `,"leaf":"`...), r.leaf[:]), '"')
	if r.hasBlock {
		dst = append(hex.AppendEncode(append(dst, `,"block":"`...), r.block[:]), '"')
	}
	if len(r.gap) > 0 {
		dst = append(appendHashes(append(dst, `,"gap":"`...), r.gap), '"')
	}
	return append(dst, "}\n"...)
}

func opening(i int, first string) string {
	if i == 0 {
		return first
	}
	return ","
}

func closing(dst []byte, items int) []byte {
	if items > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// member writes a member of an object behind others; nothing when it is empty.
func member(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return appendString(dst, value)
}

func appendString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendValue(dst, text)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}

// appendValue writes any value that JSON has.
func appendValue(dst []byte, value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // never fails: texts, and structs of texts and numbers
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
