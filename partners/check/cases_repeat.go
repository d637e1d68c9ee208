package check

import (
	"context"
	"net/http"
	"sync"

	"github.com/poruka/poruka/partners/style"
)

func repeats() []Case {
	return []Case{
		{ID: "replay", Title: "the same request twice", Wants: "the same confirmation, marked as given before", Run: replay},
		{
			ID: "id-reused", Title: "the id of a decided request with another body", Run: reuse,
			Wants: "HTTP 409, or what the bank's form has for it, refused for REQUEST_ID_REUSED; the first answer stands",
		},
		{ID: "native-twin", Title: "one request in the dialect and by the native API", Wants: "one confirmation, whichever comes first", Run: twin},
		{ID: "twice-at-once", Title: "one request twice at the same time", Wants: "one confirmation; who comes second may be told REQUEST_RUNNING", Run: atOnce},
	}
}

func replay(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	first, err := b.expect(ctx, r, confirmed())
	if err != nil {
		return in("first", err)
	}
	second, err := b.expect(ctx, r, confirmed().again())
	if err != nil {
		return in("second", err)
	}
	return sameName(first, second)
}

func sameName(first, second reply) error {
	if first.answer.Name != second.answer.Name {
		return differs("the name of the first confirmation again", "another")
	}
	return nil
}

func reuse(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	first, err := b.expect(ctx, r, confirmed())
	if err != nil {
		return in("first", err)
	}
	other, err := personOf("CLOSE_MATCH", "NAME_CLOSE")
	if err != nil {
		return err
	}
	changed := r
	changed.Person = other.Claim
	if _, err := b.expect(ctx, changed, refused("REQUEST_ID_REUSED", http.StatusConflict)); err != nil {
		return in("with another body", err)
	}
	again, err := b.expect(ctx, r, confirmed().again())
	if err != nil {
		return in("with the first body again", err)
	}
	return sameName(first, again)
}

func twin(ctx context.Context, b *Bank) error {
	orders := []struct {
		name          string
		first, second func(context.Context, style.Request) (reply, error)
	}{
		{"dialect first", b.ask, b.askNative},
		{"native first", b.askNative, b.ask},
	}
	for _, order := range orders {
		r, err := b.canonical()
		if err != nil {
			return err
		}
		first, err := order.first(ctx, r)
		if err == nil {
			err = b.must(first, confirmed(), r.ID)
		}
		if err != nil {
			return in(order.name, err)
		}
		second, err := order.second(ctx, r)
		if err == nil {
			err = b.must(second, confirmed().again(), r.ID)
		}
		if err == nil {
			err = sameName(first, second)
		}
		if err != nil {
			return in(order.name+", then the other", err)
		}
	}
	return nil
}

// canonical is a good request as it is read on the other side: a dialect may have no place for a field, or for fractions of seconds.
func (b *Bank) canonical() (style.Request, error) {
	r, err := b.good()
	if err != nil {
		return style.Request{}, err
	}
	m, err := b.encode(r)
	if err != nil {
		return style.Request{}, err
	}
	return b.decode(m)
}

func atOnce(ctx context.Context, b *Bank) error {
	r, err := b.good()
	if err != nil {
		return err
	}
	m, err := b.encode(r)
	if err != nil {
		return err
	}
	var messages [2]style.Message
	var errs [2]error
	var both sync.WaitGroup
	for i := range messages {
		both.Go(func() {
			request, err := b.styled(ctx, b.cfg.ID, m)
			if err == nil {
				messages[i], err = exchange(b.client, request)
			}
			errs[i] = err
		})
	}
	both.Wait()
	var decided []reply
	fresh := 0
	for i, message := range messages {
		if errs[i] != nil {
			return errs[i]
		}
		got := b.read(message)
		switch {
		case got.refusal != nil && got.refusal.Reason.Code == "REQUEST_RUNNING":
			continue
		case got.answer == nil || got.answer.Outcome != "CONFIRMED":
			return differs("CONFIRMED, or refused for REQUEST_RUNNING", got.came())
		case !got.answer.Replayed:
			fresh++
		}
		decided = append(decided, got)
	}
	if fresh != 1 {
		return differs("one answer that is not marked as given before", map[bool]string{true: "none", false: "two"}[fresh == 0])
	}
	after, err := b.expect(ctx, r, confirmed().again())
	if err != nil {
		return in("afterwards", err)
	}
	for _, got := range decided {
		if err := sameName(got, after); err != nil {
			return err
		}
	}
	return nil
}
