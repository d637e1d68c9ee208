//go:build !unix

package main

// peakMemory is the most memory that the process has held, in bytes; 0 when the system does not tell.
func peakMemory() int64 { return 0 }
