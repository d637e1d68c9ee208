package wire_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/wire"
)

var update = flag.Bool("update", false, "write deploy/docs/reasons.md anew")

// The page of the documentation is the catalogue; write it anew with go test ./gateway/wire -run Documentation -update.
func TestDocumentation(t *testing.T) {
	const page = "../../deploy/docs/reasons.md"
	var b strings.Builder
	b.WriteString("# Reasons\n\nPrograms read `reason`: in outcomes it stands in `confirmation.reasons`, in errors in `google.rpc.ErrorInfo` with the domain " +
		"`poruka`. Names never change; texts may. A decided request is an OK answer, whatever its outcome; an error is a request that was not " +
		"decided.\n\nRetry: `NEVER`, the answer will not change; `SAME_ID`, repeat the same request with the same id; `AFTER_FIX`, ask with a new id once the " +
		"cause is mended; `AFTER_DELAY`, after the time that the answer says; `NEW_ID`, at once with a new id and fresh times.\n\n")
	if err := wire.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the catalogue says", page)
	}
}
