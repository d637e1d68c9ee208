package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A transaction that begins or ends anywhere is one whose lost COMMIT nobody settles. So each engine has one place for it.
var (
	transactionCalls = []string{"Begin", "BeginTx", "BeginFunc", "BeginTxFunc", "ExecuteTx", "ExecuteInTx"}

	// transactionText finds SQL, alone or behind another statement, and not prose that begins with the same word.
	transactionText = regexp.MustCompile(`(^|;)\s*(` +
		`(BEGIN|COMMIT|ROLLBACK|ABORT)\s*$|(?i)` +
		`(begin|commit|rollback|abort)\s*;|` +
		`(begin|commit|rollback|abort)\s+(work|transaction|immediate|deferred|exclusive|concurrent|isolation|read\s+(only|write)|priority|prepared|as\s+of|to\s)|` +
		`start\s+transaction|prepare\s+transaction|savepoint\s+\w+\s*(;|$)|release\s+(savepoint\s+)?\w+\s*(;|$))`)

	// transactionWord is what else is SQL in the embedded engine, which writes it small. Elsewhere it is a word like any other.
	transactionWord = regexp.MustCompile(`^\s*(begin|commit|rollback)\s*$`)

	// Where it is right. The first of each engine is the place; the others hold texts for it.
	transactionFiles = []string{
		"ledger/crdb/tx.go", "ledger/crdb/statements.go", "ledger/crdb/dialect.go", "ledger/crdb/pipeline.go",
		"ledger/embedded/transact.go", "ledger/embedded/report.go",
	}
	transactionFolders = []string{"deploy/", "ledger/ledgertest/"} // not part of the product
)

// hasTransactions tells whether transactions may begin and end in the file at path.
func hasTransactions(path string) bool {
	path = filepath.ToSlash(path)
	return strings.HasSuffix(path, "_test.go") || slices.Contains(transactionFiles, path) ||
		slices.ContainsFunc(transactionFolders, func(folder string) bool { return strings.HasPrefix(path, folder) })
}

// checkTransactions finds what begins or ends a transaction.
func checkTransactions(path string, fset *token.FileSet, file *ast.File) []finding {
	var findings []finding
	found := func(at token.Pos, what string) {
		findings = append(findings, finding{path, fset.Position(at).Line, fmt.Sprintf("%s: transactions begin and end in %s and %s only",
			what, transactionFiles[0], "ledger/embedded/transact.go")})
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(transactionCalls, called.Sel.Name) {
				found(called.Sel.Pos(), called.Sel.Name)
			}
		case *ast.BasicLit:
			if text := transactionSQL(path, n); text != "" {
				found(n.Pos(), text)
			}
		}
		return true
	})
	return findings
}

// transactionSQL gives what in a literal begins or ends a transaction; empty when nothing does.
func transactionSQL(path string, literal *ast.BasicLit) string {
	text, err := strconv.Unquote(literal.Value)
	if literal.Kind != token.STRING || err != nil {
		return ""
	}
	if strings.HasPrefix(filepath.ToSlash(path), "ledger/embedded/") && transactionWord.MatchString(text) {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(transactionText.FindString(text))
}
