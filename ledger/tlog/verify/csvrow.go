package verify

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/poruka/poruka/ledger"
)

// columns of a CSV report, in order.
const columns = "name,kind,bank,outcome,reasons,account,level_before,level_after,method,decide_time,policy,style,certificate_serial," +
	"authentication_method,authenticate_time,dry_run,fields,withdrawn,detail,encoding,position,rest,leaf,block,gap"

const columnCount = 25

// csv reads a line of a CSV report, without its end.
func (r *reader) csv(line []byte) (*row, error) {
	var cells [columnCount][]byte
	if err := split(line, &cells); err != nil {
		return nil, err
	}
	e := &r.row.entry
	for _, err := range [...]error{
		id("name", entryPrefix, cells[0], (*[16]byte)(&e.ID)),
		number("kind", r.kinds, cells[1], &e.Kind),
		number("outcome", r.outcomes, cells[3], &e.Outcome),
		id("account", accountPrefix, cells[5], (*[16]byte)(&e.Account)),
		number("level_before", r.levels, cells[6], &e.Before),
		number("level_after", r.levels, cells[7], &e.After),
		number("method", r.methods, cells[8], &e.Method),
		when("decide_time", cells[9], &e.DecidedAt),
		number("authentication_method", r.means, cells[13], &e.Means),
		when("authenticate_time", cells[14], &e.AuthedAt),
		flag("dry_run", cells[15], &e.DryRun),
		id("withdrawn", entryPrefix, cells[17], (*[16]byte)(&e.Withdrawn)),
		encoding(cells[19], &e.Encoding),
		whole("position", cells[20], &r.row.position),
		hexHash("rest", cells[21], &r.row.rest),
		hexHash("leaf", cells[22], (*[32]byte)(&r.row.leaf)),
		r.csvLists(cells[4], cells[16]),
		r.proof(cells[23], cells[24]),
	} {
		if err != nil {
			return nil, err
		}
	}
	e.Partner = ledger.PartnerID(r.text(cells[2]))
	e.Policy, e.Style, e.Serial, e.Detail = r.text(cells[10]), r.text(cells[11]), r.text(cells[12]), r.text(cells[18])
	return &r.row, nil
}

// proof reads what goes beyond the row itself.
func (r *reader) proof(block, gap []byte) (err error) {
	r.row.hasBlock = len(block) > 0
	if r.row.hasBlock {
		if err := hexHash("block", block, (*[32]byte)(&r.row.block)); err != nil {
			return err
		}
	}
	r.row.gap, err = hashList("gap", string(gap), r.row.gap[:0])
	return err
}

func flag(what string, cell []byte, into *bool) error {
	*into = string(cell) == "true"
	if !*into && string(cell) != "false" {
		return errCell{what}
	}
	return nil
}

func encoding(cell []byte, into *uint8) error {
	var n int64
	if whole("encoding", cell, &n) != nil || n > 255 {
		return errCell{"encoding"}
	}
	*into = uint8(n) //nolint:gosec // checked
	return nil
}

func (r *reader) csvLists(reasons, fields []byte) error {
	e := &r.row.entry
	e.Reasons, e.Fields = e.Reasons[:0], e.Fields[:0]
	for len(reasons) > 0 {
		one, rest, _ := bytes.Cut(reasons, []byte{';'})
		e.Reasons, reasons = append(e.Reasons, ledger.Reason(r.text(one))), rest
	}
	for len(fields) > 0 {
		one, rest, _ := bytes.Cut(fields, []byte{';'})
		name, how, _ := bytes.Cut(one, []byte{'='})
		if err := r.field(name, how); err != nil {
			return err
		}
		fields = rest
	}
	return nil
}

func (r *reader) field(name, how []byte) error {
	var f ledger.FieldResult
	if err := number("fields", r.fields, name, &f.Field); err != nil {
		return err
	}
	if err := number("fields", r.compared, how, &f.Comparison); err != nil {
		return err
	}
	r.row.entry.Fields = append(r.row.entry.Fields, f)
	return nil
}

// split parts a line into its cells. Most lines have no quotes.
func split(line []byte, cells *[columnCount][]byte) error {
	for n := range cells {
		cell, rest, ok := oneCell(line)
		if isLast := n == columnCount-1; !ok || isLast != (rest == nil) {
			return errShape
		}
		cells[n], line = plain(cell), rest
	}
	return nil
}

// oneCell cuts the first cell off. rest is nil behind the last.
func oneCell(line []byte) (cell, rest []byte, ok bool) {
	if len(line) == 0 || line[0] != '"' {
		end := bytes.IndexByte(line, ',')
		if end < 0 {
			return line, nil, bytes.IndexByte(line, '"') < 0
		}
		return line[:end], line[end+1:], bytes.IndexByte(line[:end], '"') < 0
	}
	for at := 1; at < len(line); at++ {
		switch {
		case line[at] != '"':
			cell = append(cell, line[at])
		case at+1 == len(line):
			return cell, nil, true
		case line[at+1] == '"':
			cell = append(cell, '"')
			at++
		case line[at+1] == ',':
			return cell, line[at+2:], true
		default:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// plain takes away what keeps spreadsheets from reading a formula, and gives control characters back.
func plain(cell []byte) []byte {
	if len(cell) > 0 && cell[0] == '\'' {
		cell = cell[1:]
	}
	if bytes.IndexByte(cell, '\\') < 0 {
		return cell
	}
	var out strings.Builder
	for len(cell) > 0 {
		switch n, err := strconv.ParseUint(string(cell[min(2, len(cell)):min(6, len(cell))]), 16, 16); {
		case cell[0] != '\\':
			out.WriteByte(cell[0])
			cell = cell[1:]
		case len(cell) > 1 && cell[1] == '\\':
			out.WriteByte('\\')
			cell = cell[2:]
		case len(cell) >= 6 && cell[1] == 'u' && err == nil && utf8.ValidRune(rune(n)):
			out.WriteRune(rune(n))
			cell = cell[6:]
		default:
			return nil // what no report has; the record will differ
		}
	}
	return []byte(out.String())
}
