package magic_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/sandbox/magic"
)

var update = flag.Bool("update", false, "write the table of deploy/docs/sandbox.md anew")

// The table of the documentation is that of the code; write it anew with go test ./partners/sandbox/magic -run Documentation -update.
func TestDocumentation(t *testing.T) {
	const page, begin, end = "../../../deploy/docs/sandbox.md", "<!-- persons: begin -->\n", "<!-- persons: end -->\n"
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	held, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table", page)
	}
	var b strings.Builder
	if err := magic.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	want := "\n" + b.String() + "\n"
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if held != want {
		t.Errorf("the table of %s is not what the code says", page)
	}
	for _, r := range magic.ByRequest() {
		if !strings.Contains(string(content), "| `"+r.Reason+"` | "+r.How+" |\n") {
			t.Errorf("%s does not tell how to get %s", page, r.Reason)
		}
	}
}
