//go:build unix

package main

import (
	"runtime"
	"syscall"
)

// peakMemory is the most memory that the process has held, in bytes; 0 when the system does not tell.
func peakMemory() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	most := int64(usage.Maxrss) //nolint:unconvert // 32 bits on some systems
	if runtime.GOOS == "darwin" {
		return most // bytes there, kilobytes elsewhere
	}
	return most << 10
}
