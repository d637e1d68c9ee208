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

// checkGo checks the name of the package of a Go file, and that it leaves transactions to those whose affair they are.
func checkGo(path string) ([]finding, error) {
	fset := token.NewFileSet()
	mode := parser.ParseComments
	if hasTransactions(path) {
		mode |= parser.PackageClauseOnly
	}
	file, err := parser.ParseFile(fset, path, nil, mode)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	findings := checkTransactions(path, fset, file)
	if name := strings.TrimSuffix(file.Name.Name, "_test"); slices.Contains(emptyNames, name) {
		line := fset.Position(file.Name.Pos()).Line
		findings = append(findings, finding{path, line, fmt.Sprintf("package %s: the name says nothing of what is inside", name)})
	}
	return findings, nil
}
