package person

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "redacted"

// redaction makes what embeds it show «redacted» wherever values are shown without being asked for: fmt with every verb,
// log/slog, JSON and text encoding.
type redaction struct{}

// String hides the value.
func (redaction) String() string { return redacted }

// GoString hides the value.
func (redaction) GoString() string { return redacted }

// Format hides the value, whatever the verb.
func (redaction) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue hides the value from log/slog.
func (redaction) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the value from encoding/json.
func (redaction) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText hides the value from other encoders.
func (redaction) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// veiled is a number that printing by reflection does not show: fmt calls no methods on what lies in an unexported field.
// It hides from carelessness, not from an attacker. Zero stays zero, and equal numbers stay equal.
type veiled uint64

const (
	veil   = 0x9E3779B97F4A7C15 // odd, so that multiplication by it can be undone
	unveil = 0xF1DE83E19937733D // veil * unveil = 1 modulo 2^64
)

func hide(n uint64) veiled { return veiled(n * veil) }

func (v veiled) bare() uint64 { return uint64(v) * unveil }
