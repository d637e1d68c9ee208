package verify

import (
	"bytes"
	"encoding/json"

	"github.com/poruka/poruka/ledger"
)

// scan reads a line of JSONL in the one form that reports have: members in a fixed order, without blanks.
type scan struct {
	left   []byte
	isOpen bool // nothing was read of the object yet
	isBad  bool
}

// has takes a member by its name if it is next.
func (s *scan) has(name string) bool {
	rest, ok := s.left, true
	if !s.isOpen {
		rest, ok = bytes.CutPrefix(rest, []byte{','})
	}
	if ok {
		rest, ok = bytes.CutPrefix(rest, []byte(`"`+name+`":`))
	}
	if ok {
		s.left, s.isOpen = rest, false
	}
	return ok
}

// literal takes the bytes if they are next.
func (s *scan) literal(text string) bool {
	rest, ok := bytes.CutPrefix(s.left, []byte(text))
	s.left = rest
	return ok
}

// text takes a string.
func (s *scan) text() []byte {
	if len(s.left) == 0 || s.left[0] != '"' {
		s.isBad = true
		return nil
	}
	isEscaped := false
	for at := 1; at < len(s.left); at++ {
		switch s.left[at] {
		case '\\':
			isEscaped = true
			at++
		case '"':
			raw := s.left[:at+1]
			s.left = s.left[at+1:]
			if !isEscaped {
				return raw[1:at]
			}
			return s.unescaped(raw)
		}
	}
	s.isBad = true
	return nil
}

func (s *scan) unescaped(raw []byte) []byte {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		s.isBad = true
	}
	return []byte(text)
}

// digits takes a number.
func (s *scan) digits() []byte {
	at := 0
	for at < len(s.left) && s.left[at] >= '0' && s.left[at] <= '9' {
		at++
	}
	number := s.left[:at]
	s.left = s.left[at:]
	return number
}

// optional takes a member that is left out when it is empty.
func (s *scan) optional(name string) []byte {
	if !s.has(name) {
		return nil
	}
	return s.text()
}

// jsonl reads a line of a JSONL report, without its end.
func (r *reader) jsonl(line []byte) (*row, error) {
	s := &scan{left: line, isOpen: true}
	if !s.literal("{") {
		return nil, errShape
	}
	e := &r.row.entry
	e.Reasons, e.Fields, e.DryRun = e.Reasons[:0], e.Fields[:0], false
	err := first(
		id("name", entryPrefix, s.optional("name"), (*[16]byte)(&e.ID)),
		number("kind", r.kinds, s.optional("kind"), &e.Kind),
	)
	e.Partner = ledger.PartnerID(r.text(s.optional("bank")))
	err = first(err, number("outcome", r.outcomes, s.optional("outcome"), &e.Outcome))
	r.jsonReasons(s)
	err = first(err,
		id("account", accountPrefix, s.optional("account"), (*[16]byte)(&e.Account)),
		number("levelBefore", r.levels, s.optional("levelBefore"), &e.Before),
		number("levelAfter", r.levels, s.optional("levelAfter"), &e.After),
		number("method", r.methods, s.optional("method"), &e.Method),
		when("decideTime", s.optional("decideTime"), &e.DecidedAt),
	)
	e.Policy, e.Style, e.Serial = r.text(s.optional("policy")), r.text(s.optional("style")), r.text(s.optional("certificateSerial"))
	err = first(err,
		number("authenticationMethod", r.means, s.optional("authenticationMethod"), &e.Means),
		when("authenticateTime", s.optional("authenticateTime"), &e.AuthedAt),
	)
	if s.has("dryRun") {
		e.DryRun = s.literal("true")
	}
	err = first(err, r.jsonFields(s), id("withdrawn", entryPrefix, s.optional("withdrawn"), (*[16]byte)(&e.Withdrawn)))
	e.Detail = r.text(s.optional("detail"))
	err = first(err, r.jsonProof(s))
	if err == nil && (s.isBad || string(s.left) != "}") {
		err = errShape
	}
	return &r.row, err
}

func (r *reader) jsonProof(s *scan) error {
	if !s.has("encoding") {
		return errCell{"encoding"}
	}
	err := encoding(s.digits(), &r.row.entry.Encoding)
	if !s.has("position") {
		return errCell{"position"}
	}
	return first(err,
		whole("position", s.digits(), &r.row.position),
		hexHash("rest", s.optional("rest"), &r.row.rest),
		hexHash("leaf", s.optional("leaf"), (*[32]byte)(&r.row.leaf)),
		r.proof(s.optional("block"), s.optional("gap")),
	)
}

func (r *reader) jsonReasons(s *scan) {
	if !s.has("reasons") {
		return
	}
	for mark := "["; s.literal(mark); mark = "," {
		r.row.entry.Reasons = append(r.row.entry.Reasons, ledger.Reason(r.text(s.text())))
	}
	s.isBad = !s.literal("]") || s.isBad
}

func (r *reader) jsonFields(s *scan) error {
	if !s.has("fields") {
		return nil
	}
	for mark := "["; s.literal(mark + `{"field":`); mark = "," {
		name := s.text()
		if !s.literal(`,"comparison":`) {
			return errCell{"fields"}
		}
		if err := r.field(name, s.text()); err != nil || !s.literal("}") {
			return errCell{"fields"}
		}
	}
	s.isBad = !s.literal("]") || s.isBad
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
