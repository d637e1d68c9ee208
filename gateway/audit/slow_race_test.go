//go:build race

package audit_test

// isSlow: the race detector makes everything ten times slower.
const isSlow = true
