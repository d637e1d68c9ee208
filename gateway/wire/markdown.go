package wire

import (
	"fmt"
	"io"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// WriteMarkdown prints the catalogue for the documentation: one table of kinds, one of reasons.
func WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| gRPC code | HTTP status |\n|---|---|\n")
	for _, r := range table {
		fmt.Fprintf(&b, "| `%s` | %d |\n", r.name, r.http)
	}
	b.WriteString("\n| Reason | Outcome or gRPC code | Group | Who acts | Retry | Text |\n|---|---|---|---|---|---|\n")
	for _, part := range [...][]entry{outcomes, refusals, troubles} {
		for _, e := range part {
			r := e.reason
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s<br>%s |\n", r.GetReason(), e.answer(),
				unlessZero(r.GetGroup()), unlessZero(r.GetActor()), retryOf(r), r.GetText().GetEn(), r.GetText().GetRu())
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (e entry) answer() string {
	if e.outcome != porukav1.Confirmation_OUTCOME_UNSPECIFIED {
		return e.outcome.String()
	}
	return "`" + table[e.kind].name + "`"
}

func retryOf(r *porukav1.Reason) string {
	if r.GetRetryDelaySeconds() > 0 {
		return fmt.Sprintf("%s (%d s)", r.GetRetry(), r.GetRetryDelaySeconds())
	}
	return r.GetRetry().String()
}

func unlessZero[T interface {
	~int32
	fmt.Stringer
}](value T,
) string {
	if value == 0 {
		return "-"
	}
	return value.String()
}
