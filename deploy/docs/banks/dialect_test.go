package banks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/style"
)

// partsOf are the generated parts of the page of a bank.
func partsOf(bank string) map[string]part {
	with := func(write func(*testing.T, language, string) string) part {
		return func(t *testing.T, l language) string { return write(t, l, bank) }
	}
	return map[string]part{
		"summary": with(summary), "fields": with(fields), "request": with(requestExample), "answers": with(answerExamples), "refusals": with(refusalExamples),
	}
}

// outline gives what is known of a bank's dialect.
func outline(t *testing.T, bank string) (style.Dialect, style.Outline) {
	t.Helper()
	d, found := style.Standard().Find(bank)
	if !found {
		t.Fatal("there is no dialect", bank)
	}
	o, ok := style.OutlineOf(d)
	if !ok {
		t.Fatal(bank, "has no outline")
	}
	return d, o
}

// callID is a header in which the gateway tells its own id of the call: whatever a dialect reads there, and gives back, is never seen.
const callID = "x-request-id"

// summary is what is the bank's own, in one table.
func summary(t *testing.T, l language, bank string) string {
	d, o := outline(t, bank)
	var b strings.Builder
	row := func(en, ru, value string) { fmt.Fprintf(&b, "| %s | %s |\n", l.of(en, ru), value) }
	b.WriteString("| | |\n|---|---|\n")
	row("Address", "Адрес", code("POST /v1/banks/"+bank+"/confirmations"))
	row("Type of the body", "Тип тела", code(o.Media...)+", UTF-8")
	row("Request id", "Идентификатор запроса", placesOf(l, lineOf(t, o, "requestId")))
	row("Signature", "Подпись", sealOf(l, o.Seal))
	headers := slices.DeleteFunc(d.Headers(), func(name string) bool { return name == callID })
	row("Headers that are read", "Читаемые заголовки", orNone(l, code(headers...)))
	row("A field that the form does not have", "Поле, которого нет в формате", taken(l, o.IgnoresUnknown, "ignored", "пропускается"))
	if o.Media[0] != "application/xml" {
		row("`null`", "`null`", taken(l, o.NullIsAbsent, "as if the field was left out", "как если бы поля не было"))
	}
	echo := o.Echo
	if echo == callID {
		echo = ""
	}
	row("Header that is given back", "Возвращаемый заголовок", orNone(l, code(echo)))
	row("Headers with limits", "Заголовки с лимитами", orNone(l, code(o.Limits...)))
	if o.Terms.RequestsPerSecond > 0 {
		row("Requests a second", "Запросов в секунду", l.of("at most ", "не больше ")+fmt.Sprint(o.Terms.RequestsPerSecond))
	}
	if o.Terms.Deadline > 0 {
		row("The bank waits", "Банк ждёт ответа", fmt.Sprintf(l.of("%d s", "%d с"), int(o.Terms.Deadline.Seconds())))
	}
	return b.String()
}

func taken(l language, isTaken bool, en, ru string) string {
	if isTaken {
		return l.of(en, ru)
	}
	return l.of("refused with `FIELD_FORMAT`", "отклоняется: `FIELD_FORMAT`")
}

func sealOf(l language, s style.Seal) string {
	switch s.Form {
	case style.SealCompactJWS:
		return s.Algorithm + l.of(", the body is a compact JWS", ", тело — JWS в компактной записи")
	case style.SealDetachedJWS:
		return s.Algorithm + l.of(", a detached JWS in ", ", отсоединённая подпись JWS в ") + code(s.Headers...)
	case style.SealDetachedPlain:
		return s.Algorithm + l.of(", in Base64 in ", ", в Base64 в ") + code(s.Headers[0]) + l.of(", name of the key in ", ", имя ключа в ") + code(s.Headers[1])
	case style.SealDetachedPKCS7:
		return l.of("detached PKCS#7 with ECDSA P-256, DER in Base64 in ", "отсоединённая подпись PKCS#7 с ECDSA P-256, DER в Base64 в ") + code(s.Headers...)
	default:
		return l.of("none: the certificate of the connection alone", "нет: только сертификат соединения")
	}
}

// code puts texts into marks; empty ones are left out.
func code(texts ...string) string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, "`"+text+"`")
		}
	}
	return strings.Join(out, ", ")
}

func orNone(l language, text string) string {
	if text == "" {
		return l.of("none", "нет")
	}
	return text
}

func lineOf(t *testing.T, o style.Outline, path string) style.Line {
	t.Helper()
	i := slices.IndexFunc(o.Lines, func(line style.Line) bool { return line.Path == path || line.Also == path })
	if i < 0 {
		t.Fatal("no line for", path)
	}
	return o.Lines[i]
}

// placesOf gives the places of a field, those in the body first.
func placesOf(l language, line style.Line) string {
	var body, header []string
	for _, at := range line.Places {
		if name, isHeader := strings.CutPrefix(at, "@"); isHeader {
			header = append(header, l.of("header ", "заголовок ")+code(name))
		} else {
			body = append(body, code(at))
		}
	}
	return strings.Join(append(body, header...), "; ")
}
