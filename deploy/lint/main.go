// Command lint checks rules of the house that no linter knows: names of packages, where transactions begin and end, and links
// between documents.
//
//	go run ./deploy/lint
//
// Run it from the top of the repository. It prints one line for each finding and exits 1 if there are any. Generated code, test data
// and directories that begin with a dot are not looked at.
package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A finding is one broken rule.
type finding struct {
	path string // relative to the top of the repository
	line int
	text string
}

func main() {
	findings, files, err := check(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(3)
	}
	for _, f := range findings {
		fmt.Printf("%s:%d: %s\n", f.path, f.line, f.text)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
	fmt.Printf("lint: %d files, nothing to say\n", files)
}

// check looks at every Go and Markdown file under root. It returns what it found, by path and line, and how many files it read.
func check(root string) ([]finding, int, error) {
	var findings []finding
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && skipped(entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		var found []finding
		switch filepath.Ext(path) {
		case ".go":
			found, err = checkGo(path)
		case ".md":
			found, err = checkMarkdown(path)
		default:
			return nil
		}
		files++
		findings = append(findings, found...)
		return err
	})
	slices.SortStableFunc(findings, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.path, b.path), a.line-b.line)
	})
	return findings, files, err
}

// skipped tells whether a directory holds nothing that people write for people.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "node_modules", "testdata", "third_party"}, name)
}
