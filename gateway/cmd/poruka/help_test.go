package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestHelp compares every help text with its golden copy. PORUKA_UPDATE=1 writes the copies anew.
func TestHelp(t *testing.T) {
	update := os.Getenv("PORUKA_UPDATE") != ""
	var known []string
	for _, path := range commandPaths(t) {
		name := strings.Join(append([]string{"poruka"}, path...), "-") + ".txt"
		known = append(known, name)
		t.Run(name, func(t *testing.T) {
			got := command{t: t}.run(append(path, "--help")...)
			if got.code != int(exitDone) || got.err != "" {
				t.Fatalf("exit code %d, %s", got.code, got.err)
			}
			file := filepath.Join("testdata", "help", name)
			if update {
				if err := os.WriteFile(file, []byte(got.out), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got.out != string(want) {
				t.Errorf("%v\n%s\ndiffers from its golden copy; look at it, then run PORUKA_UPDATE=1 go test -run TestHelp", err, got.out)
			}
		})
	}
	files, err := os.ReadDir(filepath.Join("testdata", "help"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(known, file.Name()) {
			t.Errorf("%s is of no command", file.Name())
		}
	}
}

// TestEveryCommandTeachesByExample runs each example of the help texts up to the point where it would do something.
func TestEveryCommandTeachesByExample(t *testing.T) {
	for _, path := range commandPaths(t) {
		node := nodeAt(t, path)
		if !node.Leaf() {
			continue
		}
		examples := 0
		for line := range strings.Lines(node.Detail) {
			_, line, found := strings.Cut(line, "    ")
			if !found || strings.HasPrefix(line, " ") {
				continue
			}
			examples++
			checkExample(t, path, line)
		}
		if examples == 0 {
			t.Errorf("%v has no example", path)
		}
	}
}

// checkExample parses every part of a pipe that calls poruka; one of them must be of the command.
func checkExample(t *testing.T, path []string, line string) {
	t.Helper()
	own := false
	for stage := range strings.SplitSeq(strings.TrimSpace(line), " | ") {
		stage, _, _ = strings.Cut(stage, " < ")
		args, calls := strings.CutPrefix(stage, "poruka ")
		if !calls {
			continue
		}
		parser, err := newParser(t.Context(), &cli{}, &streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(words(args))
		if errors.Is(err, fs.ErrNotExist) {
			own = true // a file of the example that only its reader has
			continue
		}
		if err != nil {
			t.Errorf("%v: example %q: %v", path, stage, err)
			return
		}
		own = own || strings.TrimPrefix(parsed.Selected().Path(), "poruka ") == strings.Join(path, " ")
	}
	if !own {
		t.Errorf("%v: example %q is not of this command", path, line)
	}
}

// words splits a line as a shell would, as far as double quotes go.
func words(line string) []string {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func commandPaths(t *testing.T) [][]string {
	paths := [][]string{nil}
	var walk func(node *kong.Node, path []string)
	walk = func(node *kong.Node, path []string) {
		for _, child := range node.Children {
			below := append(slices.Clone(path), child.Name)
			paths = append(paths, below)
			walk(child, below)
		}
	}
	walk(nodeAt(t, nil), nil)
	return paths
}

func nodeAt(t *testing.T, path []string) *kong.Node {
	t.Helper()
	parser, err := newParser(t.Context(), &cli{}, &streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	node := parser.Model.Node
	for _, name := range path {
		i := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == name })
		node = node.Children[i]
	}
	return node
}
