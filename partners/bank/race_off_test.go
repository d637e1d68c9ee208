//go:build !race

package bank_test

// rush is how many calls the test of bad neighbours makes at once.
const rush = 10_000
