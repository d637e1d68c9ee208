package check

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/partners/style"
)

func with(header style.Header, name, value string) style.Header {
	header = maps.Clone(header)
	if header == nil {
		header = style.Header{}
	}
	header[name] = value
	return header
}

func lowered(reason string) string { return strings.ReplaceAll(strings.ToLower(reason), "_", "-") }

func times() []Case {
	return []Case{
		asked("stale", "a request that was sent six minutes ago", refused("REQUEST_TOO_OLD", http.StatusBadRequest), func(r *style.Request) {
			r.SentAt = r.SentAt.Add(-6 * time.Minute)
		}),
		asked("future", "a request that is sent two minutes from now", refused("REQUEST_FROM_FUTURE", http.StatusBadRequest), func(r *style.Request) {
			r.SentAt = r.SentAt.Add(2 * time.Minute)
		}),
		asked("future-sign-in", "a customer who signs in two minutes from now", refused("REQUEST_FROM_FUTURE", http.StatusBadRequest), func(r *style.Request) {
			r.AuthenticatedAt = r.SentAt.Add(2 * time.Minute)
		}),
	}
}

// Numbers whose check digits are wrong; they are nobody's.
const (
	wrongSNILS = "112-233-445 96"
	wrongINN   = "500100732258"
)

func fields(m manner) []Case {
	snils, inn := refused("SNILS_CHECKSUM", http.StatusBadRequest), refused("INN_CHECKSUM", http.StatusBadRequest)
	snils.named, inn.named = m.field(snilsPath), m.field(innPath)
	cases := []Case{
		asked("snils-checksum", "a SNILS whose check digits are wrong", snils, func(r *style.Request) { r.Person.SNILS = wrongSNILS }),
		asked("inn-checksum", "an INN whose check digits are wrong", inn, func(r *style.Request) { r.Person.INN = wrongINN }),
	}
	cases[0].Wants += ", naming " + snils.named
	cases[1].Wants += ", naming " + inn.named
	return cases
}

func signatures(cfg Config) []Case {
	s := sealOf(cfg.Dialect.Name())
	if s == nil {
		return nil
	}
	unsigned := func(reason string) want { return refused(reason, http.StatusUnauthorized) }
	cases := []Case{
		signed("signature-malformed", "something that is no signature", unsigned("SIGNATURE_MALFORMED"), func(b *Bank, r style.Request) (style.Message, error) {
			m, err := b.encode(r)
			return s.spoil(m), err
		}),
		signed("signature-key-unknown", "a signature with a key that the gateway does not know", unsigned("SIGNATURE_KEY_UNKNOWN"),
			func(b *Bank, r style.Request) (style.Message, error) {
				key, err := stranger(b.cfg.Signer.Algorithm(), b.now())
				if err != nil {
					return style.Message{}, err
				}
				return b.cfg.Dialect.Encode(r, key)
			}),
		signed("signature-digest", "a body that was changed after it was signed", unsigned("SIGNATURE_DIGEST_DIFFERS"),
			func(b *Bank, r style.Request) (style.Message, error) {
				m, err := b.encode(r)
				if err != nil {
					return style.Message{}, err
				}
				return s.alter(m)
			}),
	}
	if cfg.Retired != nil {
		cases = slices.Insert(cases, 2, signed("signature-key-inactive", "a signature with a key whose time is over", unsigned("SIGNATURE_KEY_INACTIVE"),
			func(b *Bank, r style.Request) (style.Message, error) { return b.cfg.Dialect.Encode(r, b.cfg.Retired) }))
	}
	return cases
}

func signed(id, title string, w want, write func(*Bank, style.Request) (style.Message, error)) Case {
	return Case{ID: id, Title: title, Wants: w.String(), Run: func(ctx context.Context, b *Bank) error {
		r, err := b.good()
		if err != nil {
			return err
		}
		m, err := write(b, r)
		if err != nil {
			return errSeal
		}
		_, err = b.expectMessage(ctx, m, w, "")
		return err
	}}
}

// tooMuch is more than a request may have, in bytes.
const tooMuch = 70 << 10

func bodies(cfg Config) []Case {
	m := mannerOf(cfg.Dialect.Name())
	large, cut := refused("REQUEST_TOO_LARGE", http.StatusRequestEntityTooLarge), refused("FIELD_FORMAT", http.StatusBadRequest)
	large.status = m.status(large)
	return []Case{
		{ID: "body-too-large", Title: "a body of 70 KiB", Wants: large.String(), Run: func(ctx context.Context, b *Bank) error {
			r, err := b.good()
			if err != nil {
				return err
			}
			message, err := b.encode(r)
			if err != nil {
				return err
			}
			message.Body = append(bytes.Clone(message.Body), bytes.Repeat([]byte(" "), tooMuch)...)
			_, err = b.expectMessage(ctx, message, large, "")
			return err
		}},
		{ID: "body-cut", Title: "half a body, well signed", Wants: cut.String() + ", in the bank's form", Run: func(ctx context.Context, b *Bank) error {
			r, err := b.good()
			if err != nil {
				return err
			}
			message, err := b.edited(r, whole(func(text string) string { return strings.ToValidUTF8(text[:len(text)/2], "") }))
			if err != nil {
				return err
			}
			_, err = b.expectMessage(ctx, message, cut, "")
			return err
		}},
	}
}
