//go:build !race

package audit_test

// isSlow: see its other definition.
const isSlow = false
