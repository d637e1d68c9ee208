package server_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

var longEmail = strings.Repeat("a", 250) + "@example.org"

// bodies are wrong in how they are written.
func bodies(t *testing.T, s speaker, good style.Message) {
	t.Helper()
	type message = style.Message
	with := func(change func(*message)) message {
		m := message{ContentType: good.ContentType, Header: style.Header{}, Body: bytes.Clone(good.Body)}
		for name, value := range good.Header {
			m.Header[name] = value
		}
		change(&m)
		return m
	}
	s.refused("too large", s.send(with(func(m *message) { m.Body = make([]byte, 65537) })), http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE")
	s.refused("media type", s.send(with(func(m *message) { m.ContentType = "text/html" })), http.StatusUnsupportedMediaType, "FIELD_FORMAT")
	s.refused("no body", s.send(with(func(m *message) { m.Body = nil })), statusOfNothing(s.bank), reasonOfNothing(s))
	s.refused("compressed", s.send(good, "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "FIELD_FORMAT")
	for _, name := range s.dialect.Headers() {
		if value, ok := good.Header[name]; ok {
			twice := s.send(good, http.CanonicalHeaderKey(name), value)
			s.refused(name+" twice", twice, http.StatusBadRequest, "FIELD_FORMAT")
		}
	}
	unknownFields(t, s, with(func(*message) {}))
	if s.isSigned() {
		brokenSignatures(t, s, with)
	}
}

// Of nothing there is no signature.
func statusOfNothing(bank string) int {
	if bank == "tinkoff" {
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

func reasonOfNothing(s speaker) string {
	switch s.bank {
	case "tinkoff":
		return "FIELD_FORMAT"
	case "sberbank":
		return string(signature.Malformed)
	default:
		return string(signature.DigestDiffers)
	}
}

// unknownFields are ignored by the dialects that say so.
func unknownFields(t *testing.T, s speaker, m style.Message) {
	t.Helper()
	const name = "zzUnknown"
	got := s.send(s.rewrite(m, func(body []byte) []byte {
		if end := bytes.LastIndex(body, []byte("</")); end >= 0 {
			return slices.Concat(body[:end], []byte("<"+name+">1</"+name+">"), body[end:])
		}
		return slices.Concat([]byte(`{"`+name+`":{"a":[1,null]},`), body[1:])
	}))
	if s.bank == "sberbank" || s.bank == "tinkoff" {
		s.decided(got)
		return
	}
	r := s.refused("unknown field", got, http.StatusBadRequest, "FIELD_FORMAT")
	if len(r.Fields) != 1 || r.Fields[0].Path != name {
		t.Errorf("fields %+v", r.Fields)
	}
}

// brokenSignatures fail at each step but the validity of the key, for which the roster must be another.
func brokenSignatures(t *testing.T, s speaker, with func(func(*style.Message)) style.Message) {
	t.Helper()
	header := map[string]string{"vtb": "x-signature", "bspb": "x-jws-signature", "pochtabank": "x-signature-pkcs7"}[s.bank]
	spoil := func(change func(string) string) style.Message {
		return with(func(m *style.Message) {
			if header == "" {
				m.Body = []byte(change(string(m.Body)))
				return
			}
			m.Header[header] = change(m.Header[header])
		})
	}
	s.refused("no signature", s.send(spoil(func(string) string { return "x" })), http.StatusUnauthorized, string(signature.Malformed))
	changed := s.send(with(func(m *style.Message) {
		if header == "" {
			parts := strings.Split(string(m.Body), ".")
			parts[1] = "e30"
			m.Body = []byte(strings.Join(parts, "."))
			return
		}
		m.Body = append(m.Body, ' ')
	}))
	s.refused("other bytes", changed, http.StatusUnauthorized, string(signature.DigestDiffers))

	stranger := s
	stranger.signer = s.impostor
	unknown := s.send(stranger.sign(s.unsigned(with(func(*style.Message) {}))))
	s.refused("another's key", unknown, http.StatusUnauthorized, string(signature.KeyUnknown))
}
