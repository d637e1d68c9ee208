package banks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/partners/sandbox/magic"
	"github.com/poruka/poruka/partners/style"
)

// dialects is one row for each bank.
func dialects(t *testing.T, l language) string {
	var b strings.Builder
	b.WriteString(l.of("| Bank | Body | Request id | Signature |\n", "| Банк | Тело | Идентификатор запроса | Подпись |\n") + "|---|---|---|---|\n")
	for _, bank := range style.Standard().Names() {
		_, o := outline(t, bank)
		page := bank + l.of(".md", ".ru.md")
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", bank, page, code(o.Media[0]), placesOf(l, lineOf(t, o, "requestId")), sealOf(l, o.Seal))
	}
	return b.String()
}

// entry is a row of the catalogue of reasons.
type entry struct{ reason, answer, actor, retry, en, ru string }

// catalogue reads the table of reasons that is printed for the documentation, and the HTTP statuses above it.
func catalogue(t *testing.T) (entries []entry, statuses map[string]string) {
	t.Helper()
	var text strings.Builder
	if err := wire.WriteMarkdown(&text); err != nil {
		t.Fatal(err)
	}
	statuses = map[string]string{}
	for line := range strings.Lines(text.String()) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) == 2 && strings.HasPrefix(cells[0], "`"):
			statuses[cells[0]] = cells[1]
		case len(cells) == 6 && strings.HasPrefix(cells[0], "`"):
			en, ru, _ := strings.Cut(cells[5], "<br>")
			entries = append(entries, entry{cells[0], cells[1], cells[3], cells[4], en, ru})
		}
	}
	if len(entries) < 50 || len(statuses) < 10 {
		t.Fatalf("%d reasons and %d statuses in the catalogue", len(entries), len(statuses))
	}
	return entries, statuses
}

// others are reasons that a bank that confirms, looks up and withdraws never gets.
func others() []string {
	return []string{
		"PAGE_TOKEN_INVALID", "ACCOUNT_NOT_FOUND", "PARTNER_NOT_FOUND", "LOG_NOT_SO_LONG", "ORDER_NOT_FOUND", "RECEIVER_NOT_FOUND", "LEVEL_WOULD_FALL",
		"DUPLICATE_SNILS", "DUPLICATE_PHONE", "NOT_IN_LOG_YET", "ORDER_OPEN", "ORDER_NOT_POSSIBLE",
	}
}

func reasons(t *testing.T, l language) string {
	entries, _ := catalogue(t)
	var b strings.Builder
	b.WriteString(l.of("| Outcome | Reason | Who acts | Repeat | What to tell |\n", "| Исход | Причина | Кто действует | Повтор | Что сказать |\n") + "|---|---|---|---|---|\n")
	for _, e := range entries {
		if !strings.HasPrefix(e.answer, "`") {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", e.answer, e.reason, e.actor, e.retry, l.of(e.en, e.ru))
		}
	}
	return b.String()
}

// overREST are the statuses that REST alone has, beside or in the place of that of the code.
func overREST() map[string]string {
	return map[string]string{"`FIELD_FORMAT`": "400, 415", "`REQUEST_TOO_LARGE`": "413", "`METHOD_UNKNOWN`": "404, 405"}
}

func refusals(t *testing.T, l language) string {
	entries, statuses := catalogue(t)
	var b strings.Builder
	b.WriteString(l.of("| HTTP | Reason | Who acts | Repeat | What it means |\n", "| HTTP | Причина | Кто действует | Повтор | Что это значит |\n") + "|---|---|---|---|---|\n")
	left := others()
	for _, e := range entries {
		if i := slices.Index(left, strings.Trim(e.reason, "`")); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else if strings.HasPrefix(e.answer, "`") {
			http := statuses[e.answer]
			if own, ok := overREST()[e.reason]; ok {
				http = own
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", http, e.reason, e.actor, e.retry, l.of(e.en, e.ru))
		}
	}
	if len(left) > 0 {
		t.Errorf("the catalogue does not have %v", left)
	}
	return b.String()
}

func persons(_ *testing.T, l language) string {
	var b strings.Builder
	b.WriteString(l.of("| SNILS | Outcome, or refusal | Reason |\n", "| СНИЛС | Исход или отказ | Причина |\n") + "|---|---|---|\n")
	for _, p := range magic.All() {
		outcome, reason := p.Outcome, strings.Join(p.Reasons, " ")
		if outcome == "" {
			outcome, reason = l.of("refused", "отказ"), p.Fault
		}
		if reason == "" {
			reason = "-"
		}
		if p.Pulled {
			outcome += l.of(" (when pulled; CONFIRMED when the bank asks itself)", " (если данные запрашивает шлюз; если банк обращается сам — CONFIRMED)")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.SNILS, outcome, reason)
	}
	return b.String()
}
