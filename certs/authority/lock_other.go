//go:build !unix

package authority

import "os"

// lockFor does nothing: here one process at a time may change a CA.
func lockFor(*os.File) error { return nil }
