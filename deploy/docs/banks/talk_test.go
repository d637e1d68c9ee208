package banks_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// What the examples hold that a gateway would choose itself.
const (
	exampleID   = "0f8fad5b-d9cb-469f-a165-70867728950e"
	exampleName = "confirmations/7c9e6679-7425-80de-944b-e07fc1f90ae7"
	exampleCall = "01a2027b-4b5e-7c0a-9d41-5f2f0c6a7e13"
)

func noon() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }

// exampleRequest is about the sandbox's person who is confirmed.
func exampleRequest(t *testing.T) style.Request {
	t.Helper()
	return style.Request{
		ID: exampleID, Person: magic.All()[0].Claim, AccountActive: true, PhoneBound: true, Means: "APP",
		AuthenticatedAt: noon().Add(-30 * time.Second), ConsentGiven: true, ConsentAt: noon().Add(-10 * time.Second), SentAt: noon(),
	}
}

// signerOf makes a key of the dialect's algorithm; nil when it does not sign.
func signerOf(t *testing.T, bank string, s style.Seal) signature.Signer {
	t.Helper()
	var key crypto.Signer
	var cert *x509.Certificate
	var err error
	id := bank + "-2026"
	switch {
	case s.Form == style.SealNone:
		return nil
	case s.Algorithm == "PS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case s.Algorithm == "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err == nil && s.Form == style.SealDetachedPKCS7 {
		id, cert = "", certificateOf(t, key)
	}
	signer, failed := signature.NewSigner(key, id, cert)
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	return signer
}

func certificateOf(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "signatures"}, NotBefore: noon().AddDate(-1, 0, 0), NotAfter: noon().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// talk is one bank's side of the examples.
type talk struct {
	t       *testing.T
	bank    string
	dialect style.Dialect
	outline style.Outline
	signer  signature.Signer
}

func newTalk(t *testing.T, bank string) talk {
	t.Helper()
	d, o := outline(t, bank)
	return talk{t: t, bank: bank, dialect: d, outline: o, signer: signerOf(t, bank, o.Seal)}
}

func (k talk) encode(r style.Request) style.Message {
	k.t.Helper()
	m, err := k.dialect.Encode(r, k.signer)
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

// decode reads as the gateway does.
func (k talk) decode(m style.Message) (style.Request, error) {
	var keys []signature.Key
	if k.signer != nil {
		keys = append(keys, k.signer.Key())
	}
	return k.dialect.Decode(m, keys, noon())
}

func requestExample(t *testing.T, l language, bank string) string {
	k := newTalk(t, bank)
	m := k.encode(exampleRequest(t))
	if _, err := k.decode(m); err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("POST /v1/banks/%s/confirmations\ncontent-type: %s\n", bank, m.ContentType)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		head += name + ": " + shortened(m.Header[name], slices.Contains(k.outline.Seal.Headers, name)) + "\n"
	}
	if k.outline.Seal.Form != style.SealCompactJWS {
		return block("http", head+"\n"+pretty(t, m.Body))
	}
	parts := strings.Split(string(m.Body), ".")
	return block("http", head+"\n"+parts[0]+".….…") +
		l.of("\nThe first part of the JWS is", "\nПервая часть JWS:") + "\n\n" + block("json", decoded(t, parts[0])) +
		l.of("\nand the second, which is the request:", "\nвторая, то есть сам запрос:") + "\n\n" + block("json", pretty(t, []byte(decoded(t, parts[1]))))
}

// shortened cuts a signature, which is another each time; the header of a JWS stays.
func shortened(value string, isSignature bool) string {
	head, _, isJWS := strings.Cut(value, "..")
	switch {
	case !isSignature || len(value) < 40:
		return value
	case isJWS:
		return head + "..…"
	default:
		return "…"
	}
}

func decoded(t *testing.T, text string) string {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func answerExamples(t *testing.T, l language, bank string) string {
	k := newTalk(t, bank)
	in := k.encode(exampleRequest(t))
	good := style.Answer{
		Name: exampleName, RequestID: exampleID, Outcome: "CONFIRMED", LevelBefore: "STANDARD", LevelAfter: "CONFIRMED",
		DecidedAt: noon().Add(123456 * time.Microsecond), Policy: "match/1", Receipt: "AWEbVFjm…", Limits: style.Limits{Limit: 200, Remaining: 199, Reset: time.Second},
	}
	bad := good
	bad.Outcome, bad.LevelBefore, bad.LevelAfter = "CLOSE_MATCH", "", ""
	bad.Reasons = []style.Reason{wire.StyledReason(wire.ReasonOf("NAME_CLOSE"))}
	return l.of("Everything matches:", "Всё совпало:") + "\n\n" + k.shown(k.dialect.Answer(in, good)) +
		l.of("\nThe name has a typing error (magic person 000-999-011 00):", "\nВ фамилии опечатка (учебная персона 000-999-011 00):") +
		"\n\n" + k.shown(k.dialect.Answer(in, bad))
}

func refusalExamples(t *testing.T, l language, bank string) string {
	k := newTalk(t, bank)
	mistyped := exampleRequest(t)
	mistyped.Person.SNILS = "112-233-445 94"
	in := k.encode(mistyped)
	read, err := k.decode(in)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = person.Parse(read.Person, person.RequiredOfBank(), magic.Day())
	text := l.of("A mistyped SNILS:", "Опечатка в СНИЛС:") + "\n\n" + k.refused(in, fault.InvalidFields(refusal.Person("person.", err)...))
	if k.signer == nil {
		return text + l.of("\nToo many requests:", "\nСлишком много запросов:") + "\n\n" +
			k.refused(in, fault.New(fault.Exhausted, fault.RateLimit).After(time.Second))
	}
	return text + l.of("\nThe body is not the one that was signed:", "\nТело не то, которое подписано:") + "\n\n" + k.refused(k.forged())
}

// forged gives a request whose body was changed behind the signature, and what the gateway says of it.
func (k talk) forged() (style.Message, error) {
	k.t.Helper()
	m := k.encode(exampleRequest(k.t))
	if k.outline.Seal.Form == style.SealCompactJWS {
		parts := strings.Split(string(m.Body), ".")
		changed := strings.Replace(decoded(k.t, parts[1]), "999001", "999002", 1)
		m.Body = []byte(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2])
	} else {
		m.Body = bytes.Replace(m.Body, []byte("999001"), []byte("999002"), 1)
	}
	_, err := k.decode(m)
	var bad *signature.Error
	if !errors.As(err, &bad) {
		k.t.Fatal("a forged request is taken: ", err)
	}
	return m, fault.Wrap(fault.Unauthenticated, fault.Reason(bad.Step), err)
}

// refused shows a fault as the gateway would send it.
func (k talk) refused(in style.Message, err error) string {
	r := wire.Refusal(wire.Status(err, wire.English, exampleCall))
	r.RequestID, r.Limits = exampleID, style.Limits{Limit: 200, Remaining: 199, Reset: time.Second}
	return k.shown(k.dialect.Refuse(in, r))
}

// shown shows an answer. The id of the call is the gateway's own, whatever a dialect does with that header.
func (k talk) shown(m style.Message) string {
	header := maps.Clone(m.Header)
	header[callID], header["content-type"] = exampleCall, m.ContentType
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", m.Status, http.StatusText(m.Status))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, header[name])
	}
	return block("http", b.String()+"\n"+pretty(k.t, m.Body))
}

func block(kind, text string) string {
	return "```" + kind + "\n" + strings.TrimSuffix(text, "\n") + "\n```\n"
}

// pretty puts JSON or XML into lines.
func pretty(t *testing.T, body []byte) string {
	t.Helper()
	if !bytes.HasPrefix(body, []byte("<")) {
		var out bytes.Buffer
		if err := json.Indent(&out, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	var out strings.Builder
	depth := 0
	for _, token := range regexp.MustCompile(`<[^/>][^>]*>[^<]*</[^>]+>|<[^>]+>|[^<]+`).FindAllString(string(body), -1) {
		if token = strings.TrimSpace(token); token == "" {
			continue
		}
		closes := strings.HasPrefix(token, "</")
		if closes {
			depth--
		}
		out.WriteString(strings.Repeat("  ", depth) + token + "\n")
		if !closes && !strings.HasPrefix(token, "<?") && !strings.Contains(token, "</") {
			depth++
		}
	}
	return out.String()
}
