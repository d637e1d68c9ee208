package banks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/style"
)

var update = flag.Bool("update", false, "write the generated parts of the guides anew")

// language is that of a page.
type language int

const (
	english language = iota
	russian
)

// of picks a text.
func (l language) of(en, ru string) string {
	if l == russian {
		return ru
	}
	return en
}

// part writes one generated part of a page.
type part func(t *testing.T, l language) string

// TestGuides: what is generated in the guides is what the code says. Write it anew with go test ./deploy/docs/banks -run Guides -update.
func TestGuides(t *testing.T) {
	pages := map[string]map[string]part{"README": {"dialects": dialects, "reasons": reasons, "refusals": refusals, "persons": persons}}
	for _, bank := range style.Standard().Names() {
		pages[bank] = partsOf(bank)
	}
	for name, parts := range pages {
		for l, end := range []string{".md", ".ru.md"} {
			t.Run(name+end, func(t *testing.T) { checkPage(t, name+end, language(l), parts) })
		}
	}
}

// generated finds a part with its marks; Go knows no references back, so the names are compared behind it.
var generated = regexp.MustCompile(`(?s)<!-- generated: (\w+) -->\n(.*?)<!-- end of (\w+) -->`)

func checkPage(t *testing.T, file string, l language, parts map[string]part) {
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	wanted := generated.ReplaceAllStringFunc(string(held), func(found string) string {
		match := generated.FindStringSubmatch(found)
		write, known := parts[match[1]]
		if !known || match[1] != match[3] || seen[match[1]] {
			t.Fatalf("%s: the part %q ends as %q, is not known, or is there twice", file, match[1], match[3])
		}
		seen[match[1]] = true
		return fmt.Sprintf("<!-- generated: %s -->\n%s<!-- end of %s -->", match[1], write(t, l), match[3])
	})
	if len(seen) != len(parts) {
		t.Errorf("%s has %d generated parts, want %d", file, len(seen), len(parts))
	}
	if *update && !t.Failed() {
		write(t, file, []byte(wanted))
		return
	}
	if wanted != string(held) {
		t.Errorf("%s is not what the code says; write it anew with go test ./deploy/docs/banks -run Guides -update", file)
	}
}

// TestTranslations: a page has the same headings, tables, lists and blocks of code in both languages, one for one.
func TestTranslations(t *testing.T) {
	pages, err := filepath.Glob("*.ru.md")
	if err != nil || len(pages) != 1+len(style.Standard().Names()) {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		ru, en := shapeOf(t, page), shapeOf(t, strings.TrimSuffix(page, ".ru.md")+".md")
		for i := range min(len(ru), len(en)) {
			if ru[i] != en[i] {
				t.Errorf("%s: %q stands where %q does in the other language", page, ru[i], en[i])
				break
			}
		}
		if len(ru) != len(en) {
			t.Errorf("%s has %d headings, tables and blocks; the other language %d", page, len(ru), len(en))
		}
	}
}

// shapeOf gives what a page and its translation have in common: levels of headings, code blocks, tables by their number of rows.
func shapeOf(t *testing.T, page string) []string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var shape []string
	isCode := false
	for line := range strings.Lines(string(content)) {
		switch {
		case strings.HasPrefix(line, "```"):
			isCode = !isCode
			shape = append(shape, strings.TrimSpace(line))
		case isCode:
		case strings.HasPrefix(line, "#"):
			shape = append(shape, strings.Repeat("#", strings.IndexByte(line, ' ')))
		case strings.HasPrefix(line, "|"):
			shape = append(shape, fmt.Sprintf("row of %d", strings.Count(line, " |")))
		case strings.HasPrefix(line, "- "), regexp.MustCompile(`^\d+\. `).MatchString(line):
			shape = append(shape, "item")
		}
	}
	return shape
}
