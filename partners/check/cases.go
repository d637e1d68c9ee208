package check

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/style"
)

// Cases lists the cases of a bank's dialect, in the order in which they are run. Of a dialect that signs, a case about a key whose time
// is over is there when the bank has one.
func Cases(cfg Config) []Case {
	m := mannerOf(cfg.Dialect.Name())
	return slices.Concat(
		beginnings(m), variants(m), repeats(), doors(), times(), signatures(cfg), fields(m), outcomes(), faults(), lost(), bodies(cfg),
	)
}

// asked is a case of one request.
func asked(id, title string, w want, change func(r *style.Request)) Case {
	return Case{ID: id, Title: title, Wants: w.String(), Run: func(ctx context.Context, b *Bank) error {
		r, err := b.good()
		if err != nil {
			return err
		}
		if change != nil {
			change(&r)
		}
		_, err = b.expect(ctx, r, w)
		return err
	}}
}

// good is a request that is CONFIRMED.
func (b *Bank) good() (style.Request, error) {
	claim, err := confirmable()
	return b.request(claim), err
}

// expect sends a request in the dialect and compares what comes.
func (b *Bank) expect(ctx context.Context, r style.Request, w want) (reply, error) {
	got, err := b.ask(ctx, r)
	if err != nil {
		return reply{}, err
	}
	return got, b.must(got, w, r.ID)
}

// expectMessage does so with a message that is ready.
func (b *Bank) expectMessage(ctx context.Context, m style.Message, w want, id string) (reply, error) {
	got, err := b.post(ctx, m)
	if err != nil {
		return reply{}, err
	}
	return got, b.must(got, w, id)
}

// maxSkew is how far a bank's clock may be from the gateway's, so that its times are never in the future.
const maxSkew = 30 * time.Second

func beginnings(m manner) []Case {
	cases := []Case{
		{ID: "clock", Title: "the bank's clock", Wants: "not more than 30 s from the gateway's", Run: clock},
		{ID: "valid", Title: "a good request about the person who is confirmed", Wants: "CONFIRMED, with a name and a receipt", Run: valid(m)},
	}
	if m.echo != "" {
		cases = append(cases, Case{ID: "echo", Title: "the id in the header " + m.echo, Wants: "given back as it came", Run: echo(m)})
	}
	return cases
}

func clock(ctx context.Context, b *Bank) error {
	if _, err := b.Describe(ctx); err != nil {
		return err
	}
	if b.skew.Abs() > maxSkew {
		return differs("a clock not more than 30 s from the gateway's", "one "+b.skew.Abs().Round(time.Second).String()+" from it")
	}
	return nil
}

func valid(m manner) func(context.Context, *Bank) error {
	return func(ctx context.Context, b *Bank) error {
		r, err := b.good()
		if err != nil {
			return err
		}
		w := confirmed()
		w.limits = len(m.limits) > 0
		got, err := b.expect(ctx, r, w)
		if err == nil && (got.answer.Name == "" || got.answer.Receipt == "") {
			err = differs("CONFIRMED with a name and a receipt", "one without")
		}
		return err
	}
}

func echo(m manner) func(context.Context, *Bank) error {
	return func(ctx context.Context, b *Bank) error {
		r, err := b.good()
		if err != nil {
			return err
		}
		message, err := b.encode(r)
		if err != nil {
			return err
		}
		id := message.Header[m.echo]
		if id == "" {
			id = m.written(r.ID)
			message.Header = with(message.Header, m.echo, id)
		}
		got, err := b.expectMessage(ctx, message, confirmed(), r.ID)
		if err == nil && got.message.Header[m.echo] != id {
			err = differs("the id of the request in the header "+m.echo, "an answer without it")
		}
		return err
	}
}

// variants are the other ways to write.
func variants(m manner) []Case {
	cases := make([]Case, 0, len(m.variants)+1)
	for _, v := range m.variants {
		cases = append(cases, v.asCase())
	}
	if m.tags {
		cases = append(cases, Case{
			ID: "if-match", Title: "a repeat with the tag of its answer, and with another", Run: tags,
			Wants: "the first answer again; then HTTP 422, refused for VERSION_CONFLICT",
		})
	}
	return cases
}

func (v variant) asCase() Case {
	c := Case{ID: v.id, Title: v.title}
	w := refused("FIELD_FORMAT", http.StatusBadRequest)
	w.named = v.named
	switch v.effect {
	case same:
		w = confirmed().again()
		c.Wants = "the same request: under the same id, " + w.String()
	case taken:
		w = confirmed()
		c.Wants = w.String()
	case refusal:
		c.Wants = w.String()
		if v.named != "" {
			c.Wants += ", naming " + v.named
		}
	}
	c.Run = func(ctx context.Context, b *Bank) error {
		r, err := b.good()
		if err != nil {
			return err
		}
		if v.effect == same {
			if _, err := b.expect(ctx, r, confirmed()); err != nil {
				return in("in the bank's usual form", err)
			}
		}
		id := r.ID
		if v.effect == refusal {
			id = "" // it may be what is wrong
		}
		message, err := b.edited(r, v.edits...)
		if err != nil {
			return err
		}
		_, err = b.expectMessage(ctx, message, w, id)
		return err
	}
	return c
}

// tags are the entity tags of a dialect that has them.
func tags(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	first, err := b.expect(ctx, r, confirmed())
	if err != nil {
		return err
	}
	tag := first.message.Header["etag"]
	if len(tag) < 4 {
		return differs("CONFIRMED with a tag in ETag", "one without it")
	}
	message, err := b.encode(r)
	if err != nil {
		return err
	}
	message.Header = with(message.Header, "if-match", tag)
	if _, err := b.expectMessage(ctx, message, confirmed().again(), r.ID); err != nil {
		return in("with the tag of the answer", err)
	}
	last := "0"
	if tag[len(tag)-2] == '0' {
		last = "1"
	}
	message.Header = with(message.Header, "if-match", tag[:len(tag)-2]+last+`"`)
	_, err = b.expectMessage(ctx, message, refused("VERSION_CONFLICT", http.StatusUnprocessableEntity), r.ID)
	return in("with another tag", err)
}

func outcomes() []Case {
	cases := []Case{
		staged("already-confirmed", "the person whose account was confirmed before", "ALREADY_CONFIRMED"),
		staged("close-match", "persons of whom a detail differs: name, document, a former passport", "CLOSE_MATCH"),
		staged("not-matched", "persons who do not match: unknown, other passport, name, document, INN", "NOT_MATCHED"),
		staged("not-eligible", "persons who may not be confirmed: level, lock, phone, age, passport", "NOT_ELIGIBLE"),
	}
	for _, made := range []struct {
		reason, title string
		change        func(*style.Request)
	}{
		{"BANK_ACCOUNT_INACTIVE", "an account in the bank that is not active", func(r *style.Request) { r.AccountActive = false }},
		{"CONSENT_MISSING", "no consent", func(r *style.Request) { r.ConsentGiven = false }},
		{"AUTHENTICATION_STALE", "a customer who signed in six minutes ago", func(r *style.Request) {
			r.AuthenticatedAt = r.AuthenticatedAt.Add(-6 * time.Minute)
		}},
	} {
		cases = append(cases, asked(lowered(made.reason), made.title, want{outcome: "NOT_ELIGIBLE", reason: made.reason}, made.change))
	}
	return cases
}

// staged asks about every person of the sandbox of whom one outcome comes.
func staged(id, title, outcome string) Case {
	return Case{ID: id, Title: title, Wants: outcome + " with the reason of each person", Run: func(ctx context.Context, b *Bank) error {
		found := false
		for _, p := range magic.All() {
			if p.Outcome != outcome || p.Pulled {
				continue
			}
			found = true
			w := want{outcome: outcome}
			if len(p.Reasons) > 0 {
				w.reason = p.Reasons[0]
			}
			if _, err := b.expect(ctx, b.request(p.Claim), w); err != nil {
				return err
			}
		}
		if !found {
			return errCast
		}
		return nil
	}}
}

// errNoName says that there is nothing to forge.
var errNoName = errors.New("the certificate of the bank names no bank")
