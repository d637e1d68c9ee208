//go:build race

package bank_test

// rush is how many calls the test of bad neighbours makes: the detector of races makes each of them ten times as dear.
const rush = 2_000
