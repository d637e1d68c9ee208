//go:build unix

package authority

import (
	"os"
	"syscall"
)

// lockFor waits until no other process, and nobody else in this one, holds the lock. Closing the file gives it back.
func lockFor(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }
