package config

import "path/filepath"

// EventKeys is the file, written for development, with the public keys of events.
func (c Config) EventKeys() string { return filepath.Join(c.DataDir, "event-keys.txt") }
