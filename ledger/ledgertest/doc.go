// Package ledgertest is the specification of a ledger in the form of tests.
//
// Promise: Run checks every sentence of the comments in ledger/engine.go, ledger/log.go and ledger/view.go; an engine that passes it can
// stand in for any other.
//
// Powers: Run, the suite that each engine runs unchanged; Memory, an engine to compare with and to test other rooms on;
// Canary, which looks for personal data in files.
//
// Limits: for tests only.
package ledgertest
