package style

import (
	"net/http"
	"slices"
	"strconv"
)

// answerWords is how a bank calls what goes back: places in its tree, empty for what its form does not carry.
type answerWords struct {
	name, requestID, outcome, levelBefore, levelAfter, decidedAt, policy, dryRun, replayed, receipt string

	reasons string // place of the list of reasons
	reason  reasonWords
	id      form   // of the request's id
	clock   form   // of times
	root    string // of an XML document
}

// reasonWords is how a bank calls a reason.
type reasonWords struct{ code, group, actor, retry, delay, textRU, textEN string }

func (w reasonWords) write(r Reason) node {
	n := node{kind: object}
	n.put(w.code, textNode(r.Code))
	n.put(w.group, textNode(r.Group))
	n.put(w.actor, textNode(r.Actor))
	n.put(w.retry, textNode(r.Retry))
	if r.DelaySeconds > 0 {
		n.put(w.delay, wholeNode(r.DelaySeconds))
	}
	n.put(w.textRU, textNode(r.TextRU))
	n.put(w.textEN, textNode(r.TextEN))
	return n
}

func (w reasonWords) read(n node) Reason {
	delay, _ := strconv.Atoi(n.textAt(w.delay))
	return Reason{
		Code: n.textAt(w.code), Group: n.textAt(w.group), Actor: n.textAt(w.actor), Retry: n.textAt(w.retry), DelaySeconds: delay,
		TextRU: n.textAt(w.textRU), TextEN: n.textAt(w.textEN),
	}
}

func (w answerWords) write(out Answer) node {
	n := node{kind: object}
	n.put(w.name, textNode(out.Name))
	n.put(w.requestID, w.id.node(out.RequestID))
	n.put(w.outcome, textNode(out.Outcome))
	n.put(w.levelBefore, textNode(out.LevelBefore))
	n.put(w.levelAfter, textNode(out.LevelAfter))
	n.put(w.decidedAt, w.clock.node(printTime(out.DecidedAt)))
	n.put(w.policy, textNode(out.Policy))
	n.put(w.dryRun, truthNode(out.DryRun))
	n.put(w.replayed, truthNode(out.Replayed))
	n.put(w.receipt, textNode(out.Receipt))
	reasons := node{kind: list}
	for _, r := range out.Reasons {
		reasons.members = append(reasons.members, member{node: w.reason.write(r)})
	}
	n.put(w.reasons, reasons)
	return n
}

func (w answerWords) read(n node) Answer {
	out := Answer{
		Name: n.textAt(w.name), RequestID: w.id.native(n.textAt(w.requestID)), Outcome: n.textAt(w.outcome),
		LevelBefore: n.textAt(w.levelBefore), LevelAfter: n.textAt(w.levelAfter),
		DecidedAt: readTime(w.clock.native(n.textAt(w.decidedAt))), Policy: n.textAt(w.policy),
		DryRun: n.textAt(w.dryRun) == "true", Replayed: n.textAt(w.replayed) == "true", Receipt: n.textAt(w.receipt),
	}
	for _, m := range n.find(w.reasons).members {
		out.Reasons = append(out.Reasons, w.reason.read(m.node))
	}
	return out
}

// node writes a value in a form; an absent one for what cannot be written.
func (f form) node(value string) node {
	ok := value != ""
	if ok && f.write != nil {
		value, ok = f.write(value)
	}
	if !ok {
		return node{}
	}
	return node{kind: f.kind, text: value}
}

// native reads a value in a form; empty for what cannot be read.
func (f form) native(value string) string {
	if f.read == nil || value == "" {
		return value
	}
	native, _ := f.read(value)
	return native
}

// Answer writes a decision.
func (d *tabled) Answer(in Message, out Answer) Message {
	m := Message{Status: http.StatusOK, ContentType: d.syntax.media(), Header: d.headersBack(in, out.RequestID, out.Limits, out.Reasons...)}
	m.Body = d.syntax.write(d.answer.root, d.answer.write(out))
	if d.extra.answer != nil {
		d.extra.answer(in, out, &m)
	}
	return m
}

// ReadAnswer reads what Answer has written.
func (d *tabled) ReadAnswer(m Message) (Answer, error) {
	body, err := d.readBack(m)
	if err != nil {
		return Answer{}, err
	}
	out := d.answer.read(body)
	out.Limits = d.limits.read(m.Header)
	return out, nil
}

// readBack reads the body of an answer or a refusal.
func (d *tabled) readBack(m Message) (node, error) {
	body, flaw := node{}, bodyFlaw("must have at most 64 KiB")
	if len(m.Body) <= maxBody {
		body, flaw = d.syntax.read(m.Body, false)
	}
	if flaw != nil {
		return node{}, &Malformed{Fields: []Field{*flaw}}
	}
	return body, nil
}

// headersBack are the headers of an answer or a refusal.
func (d *tabled) headersBack(in Message, requestID string, limits Limits, reasons ...Reason) Header {
	header := d.echoed(in, requestID)
	d.limits.write(limits, header)
	delay := 0
	for _, r := range reasons {
		delay = max(delay, r.DelaySeconds)
	}
	if delay > 0 {
		header[retryAfter] = strconv.Itoa(delay)
	}
	return header
}

// echoed gives the id in the header back as it came. Where that header is the request's id, it is given back also when the id came
// elsewhere. Nothing but an id is ever given back.
func (d *tabled) echoed(in Message, requestID string) Header {
	given := in.Header[d.echo]
	switch {
	case d.echo == "":
		return Header{}
	case d.answer.id.native(given) != "":
		return Header{d.echo: given}
	case requestID != "" && slices.Contains(d.table.headers(), d.echo):
		return Header{d.echo: d.answer.id.node(requestID).text}
	default:
		return Header{}
	}
}

// retryAfter says after how many seconds it may be worth to ask again (RFC 9110).
const retryAfter = "retry-after"
