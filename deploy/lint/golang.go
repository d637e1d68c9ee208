package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// Names that say nothing of what is inside.
var emptyNames = []string{"base", "common", "helper", "helpers", "lib", "misc", "shared", "types", "util", "utils"}

// checkGo checks the name of the package of a Go file.
func checkGo(path string) ([]finding, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	name := strings.TrimSuffix(file.Name.Name, "_test")
	if ast.IsGenerated(file) || !slices.Contains(emptyNames, name) {
		return nil, nil
	}
	line := fset.Position(file.Name.Pos()).Line
	return []finding{{path, line, fmt.Sprintf("package %s: the name says nothing of what is inside", name)}}, nil
}
