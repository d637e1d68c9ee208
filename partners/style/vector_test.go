package style

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/signature"
)

// update says that the golden files are to be written anew.
func update() bool { return os.Getenv("PORUKA_UPDATE") != "" }

// TestVectors reads each request testdata/<bank>/<case>.http and holds what comes out against <case>.json. The body of the
// file is signed here if the bank signs: testdata/<bank>/signed holds what stands on the line.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.http")
	if err != nil || len(files) < 70 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		bank, name := filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".http")
		t.Run(bank+"/"+name, func(t *testing.T) {
			d := dialect(t, bank)
			m := readMessage(t, file)
			golden(t, strings.TrimSuffix(file, ".http")+".json", neutral(d.Decode(sealed(t, d, m), keysOf(bank), noon())))
		})
	}
}

// readMessage reads headers, an empty line and a body.
func readMessage(t testing.TB, file string) Message {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := bytes.Cut(content, []byte("\n\n"))
	if !ok {
		t.Fatal(file, "has no body")
	}
	m := Message{Header: Header{}, Body: bytes.TrimSuffix(body, []byte("\n"))}
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if key == "content-type" {
			m.ContentType = value
			continue
		}
		m.Header[key] = value
	}
	return m
}

// neutral shows what was read: by the native paths, or what is wrong with it.
func neutral(r Request, err error) []byte {
	shown := map[string]any{}
	malformed, bad := new(Malformed), new(signature.Error)
	switch {
	case errors.As(err, &malformed):
		for _, f := range malformed.Fields {
			shown[f.Path] = f.Reason + ": " + f.Text
		}
		shown = map[string]any{"malformed": shown, pathID: r.ID}
	case errors.As(err, &bad):
		shown = map[string]any{"signature": string(bad.Step), pathID: r.ID}
	case err != nil:
		shown["unexpected"] = err.Error()
	default:
		for _, path := range paths() {
			if value := r.get(path); value != "" {
				shown[path] = value
			}
		}
	}
	text, _ := json.MarshalIndent(shown, "", "  ")
	return append(text, '\n')
}

// paths are those of all the fields of a request.
func paths() []string {
	return []string{
		pathID, pathFamilyName, pathGivenName, pathMiddleName, pathBirthDate, pathSex, pathCitizenship, pathSeries, pathNumber, pathIssueDate,
		pathDepartmentCode, pathIssuer, pathSNILS, pathINN, pathPhone, pathEmail, pathActive, pathBound, pathMeans, pathAuthenticated,
		pathConsent, pathConsentTime, pathDryRun, pathSent,
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if update() {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
	}
}

// printed shows a message as it stands on the line.
func printed(m Message) []byte {
	var out bytes.Buffer
	if m.Status != 0 {
		fmt.Fprintf(&out, "%d %s\n", m.Status, http.StatusText(m.Status))
	}
	fmt.Fprintf(&out, "content-type: %s\n", m.ContentType)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		fmt.Fprintf(&out, "%s: %s\n", name, m.Header[name])
	}
	out.WriteByte('\n')
	out.Write(m.Body)
	out.WriteByte('\n')
	return out.Bytes()
}

// TestEveryTableHoldsEveryField: what the native API can say, every bank can.
func TestEveryTableHoldsEveryField(t *testing.T) {
	for _, bank := range all().Names() {
		d := dialect(t, bank)
		for _, path := range paths() {
			has := func(f field) bool { return f.path == path || f.also == path }
			if !slices.ContainsFunc(d.fields, has) {
				t.Errorf("%s has no field for %s", bank, path)
			}
		}
		for _, f := range d.fields {
			if new(Request).slot(f.path) == nil && f.path != pathBank {
				t.Errorf("%s: %s is no field of a request", bank, f.path)
			}
		}
	}
}
