package check

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// want is what must come of a request.
type want struct {
	outcome  string // of an answer; empty: a refusal
	reason   string // of the refusal, or the first of the outcome; empty: none
	status   int    // HTTP status of a refusal in the native API; the bank's form may have another
	replayed bool   // the answer is marked as one that was given before
	named    string // what the bank calls the field at fault; empty: none is looked for
	later    bool   // it says when to come back
	limits   bool   // it says in the bank's own headers how much may be sent
}

// refused is a refusal. status is that of the native API.
func refused(reason string, status int) want { return want{reason: reason, status: status} }

func confirmed() want { return want{outcome: "CONFIRMED"} }

func (w want) again() want { w.replayed = true; return w }

func (w want) String() string {
	text := w.outcome
	switch {
	case w.outcome == "":
		text = fmt.Sprintf("HTTP %d, refused for %s", w.status, w.reason)
	case w.reason != "":
		text += " for " + w.reason
	}
	if w.replayed {
		text += ", marked as given before"
	}
	return text
}

// came tells what came, in names of the protocol alone.
func (r reply) came() string {
	switch {
	case r.answer != nil:
		text := word(r.answer.Outcome)
		if len(r.answer.Reasons) > 0 {
			text += " for " + word(r.answer.Reasons[0].Code)
		}
		if r.answer.Replayed {
			text += ", marked as given before"
		}
		return text
	case r.refusal != nil:
		return fmt.Sprintf("HTTP %d, refused for %s", r.message.Status, word(r.refusal.Reason.Code)) + r.blamed()
	default:
		return fmt.Sprintf("HTTP %d with a body that is not in the bank's form", r.message.Status)
	}
}

// requestID is the id that the answer or the refusal bears.
func (r reply) requestID() string {
	if r.answer != nil {
		return r.answer.RequestID
	}
	return r.refusal.RequestID
}

// blamed names the first field at fault.
func (r reply) blamed() string {
	if len(r.refusal.Fields) == 0 || !fieldForm.MatchString(r.refusal.Fields[0].Path) {
		return ""
	}
	return " in " + r.refusal.Fields[0].Path
}

// fieldForm is what the path of a field looks like.
var fieldForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z_.-]{0,79}$`)

func (r reply) is(w want, m manner) bool {
	if w.outcome == "" {
		return r.refusal != nil && r.refusal.Reason.Code == w.reason && r.message.Status == m.status(w)
	}
	if r.answer == nil || r.answer.Outcome != w.outcome || r.answer.Replayed != w.replayed {
		return false
	}
	if len(r.answer.Reasons) == 0 {
		return w.reason == ""
	}
	return r.answer.Reasons[0].Code == w.reason
}

// must compares what came with what was wanted. id is that of the request, which the answer must bear; empty when it could not be read.
func (b *Bank) must(r reply, w want, id string) error {
	m := mannerOf(b.cfg.Dialect.Name())
	if w.outcome == "" {
		w.status = m.status(w)
	}
	if !r.is(w, m) {
		return differs(w.String(), r.came())
	}
	if bears := r.requestID(); id != "" && bears != "" && bears != id {
		return differs(w.String()+" with the id of its request", "one with another id")
	}
	if w.named != "" && !names(r.message.Body, w.named) {
		return differs(w.String()+", naming the field "+w.named, "one that does not name it")
	}
	if w.later && !isPositive(r.message.Header["retry-after"]) {
		return differs(w.String()+" with a whole number of seconds in Retry-After", "one without it")
	}
	if w.limits {
		for _, header := range m.limits {
			if !isNumber(r.message.Header[header]) {
				return differs(w.String()+" with a number in the header "+header, "one without it")
			}
		}
	}
	return nil
}

func differs(wanted, came string) error { return fmt.Errorf("wanted %s; came %s", wanted, came) }

// names reports whether a body has a name in it, as a word of its own.
func names(body []byte, name string) bool {
	for rest := body; ; {
		at := bytes.Index(rest, []byte(name))
		if at < 0 {
			return false
		}
		end := at + len(name)
		if (at == 0 || !isNamePart(rest[at-1])) && (end == len(rest) || !isNamePart(rest[end]) || rest[end] == '.') {
			return true
		}
		rest = rest[at+1:]
	}
}

func isNamePart(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isPositive(text string) bool { n, err := strconv.Atoi(text); return err == nil && n > 0 }

func isNumber(text string) bool { n, err := strconv.Atoi(text); return err == nil && n >= 0 }

var wordForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,39}$`)

// word shows a name out of an answer; what does not look like one may be anything, a person's data as well.
func word(text string) string {
	if wordForm.MatchString(text) {
		return text
	}
	return "something that is no name"
}

// maxLine bounds the detail of a failure, in bytes.
const maxLine = 300

func oneLine(err error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, err.Error())
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "")
	}
	return text
}

// in puts the part of a case that has failed before its failure.
func in(part string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}
