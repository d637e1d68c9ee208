package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

func TestEveryCodeOfTheProtoHasOneEntry(t *testing.T) {
	seen := map[porukav1.Reason_Code]int{}
	for _, part := range [...][]entry{outcomes, refusals, troubles} {
		if !slices.IsSortedFunc(part, func(a, b entry) int { return int(a.reason.GetReason() - b.reason.GetReason()) }) {
			t.Error("a part of the catalogue is not ordered by code, so that the search fails")
		}
		for _, e := range part {
			seen[e.reason.GetReason()]++
		}
	}
	for code, name := range porukav1.Reason_Code_name {
		want := 1
		if code == 0 {
			want = 0
		}
		if got := seen[porukav1.Reason_Code(code)]; got != want {
			t.Errorf("%s has %d entries, want %d", name, got, want)
		}
		if got := ReasonOf(name).GetReason(); want == 1 && got != porukav1.Reason_Code(code) {
			t.Errorf("ReasonOf(%s) is %v", name, got)
		}
	}
	if got := ReasonOf("NO_SUCH_REASON").GetReason(); got != porukav1.Reason_INTERNAL {
		t.Errorf("an unknown name gives %v", got)
	}
}

// Constants of the two packages and values of the proto are the same set: an error has a constant in fault, an outcome one in ledger.
func TestConstantsAgreeWithTheProto(t *testing.T) {
	for dir, want := range map[string][]entry{
		"../fault/fault.go":       slices.Concat(refusals, troubles),
		"../../ledger/outcome.go": outcomes,
	} {
		constants := reasonConstants(t, dir)
		for _, e := range want {
			name := e.reason.GetReason().String()
			if !constants[name] {
				t.Errorf("%s has no constant for %s", dir, name)
			}
			delete(constants, name)
		}
		if len(constants) > 0 {
			t.Errorf("%s has constants that are not in the proto: %v", dir, slices.Collect(maps.Keys(constants)))
		}
	}
}

// reasonConstants reads the values of the constants of type Reason.
func reasonConstants(t *testing.T, file string) map[string]bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typed, ok := spec.Type.(*ast.Ident); ok && typed.Name == "Reason" {
			names[literal(t, spec.Values[0])] = true
		}
		return true
	})
	if len(names) < 10 {
		t.Fatalf("only %d constants found in %s", len(names), file)
	}
	return names
}

func literal(t *testing.T, value ast.Expr) string {
	t.Helper()
	lit, ok := value.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a reason is not a literal: %v", value)
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEntriesAreWhole(t *testing.T) {
	for _, part := range [...][]entry{outcomes, refusals, troubles} {
		for _, e := range part {
			r := e.reason
			if r.GetRetry() == porukav1.Reason_RETRY_UNSPECIFIED {
				t.Errorf("%v does not say whether to ask again", r.GetReason())
			}
			if (r.GetRetry() == porukav1.Reason_AFTER_DELAY) != (r.GetRetryDelaySeconds() > 0) {
				t.Errorf("%v: retry %v with a delay of %d s", r.GetReason(), r.GetRetry(), r.GetRetryDelaySeconds())
			}
			if nobodyActs := r.GetActor() == porukav1.Reason_ACTOR_UNSPECIFIED; nobodyActs && r.GetRetry() != porukav1.Reason_NEVER {
				t.Errorf("%v can be asked again, but nobody can act", r.GetReason())
			}
			checkText(t, r)
		}
	}
}

func checkText(t *testing.T, r *porukav1.Reason) {
	t.Helper()
	for lang, text := range map[string]string{"ru": r.GetText().GetRu(), "en": r.GetText().GetEn()} {
		cyrillic := strings.ContainsFunc(text, func(c rune) bool { return c >= 'а' && c <= 'я' })
		if text == "" || !strings.HasSuffix(text, ".") || cyrillic != (lang == "ru") {
			t.Errorf("%v: the text in %s is not a sentence of that language: %q", r.GetReason(), lang, text)
		}
	}
}

func TestNoMatchingAccountAsksForTheLogin(t *testing.T) {
	text := ReasonOf("NO_MATCHING_ACCOUNT").GetText()
	if !strings.Contains(text.GetRu(), "логин") || !strings.Contains(text.GetEn(), "login") {
		t.Errorf("the text does not ask which login the customer uses: %v", text)
	}
}

func TestMarkdownListsEverything(t *testing.T) {
	var b strings.Builder
	if err := WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for code, name := range porukav1.Reason_Code_name {
		if code != 0 && !strings.Contains(b.String(), "| `"+name+"` |") {
			t.Errorf("%s is not in the printed catalogue", name)
		}
	}
	for line := range strings.Lines(b.String()) {
		if n := strings.Count(line, "|"); line != "\n" && n != 3 && n != 7 {
			t.Errorf("a line of the tables has %d bars: %s", n, line)
		}
	}
}
