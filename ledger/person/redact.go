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

func hide(n int64) veiled { return hideBits(uint64(n)) } //nolint:gosec // bare turns it back

func hideBits(n uint64) veiled { return veiled(n * veil) }

func (v veiled) bare() int64 { return int64(v.bits()) } //nolint:gosec // as hide turned it

func (v veiled) bits() uint64 { return uint64(v) * unveil }

// hidden is a value that printing by reflection does not show, nor == compares. The zero hidden holds none.
// It points to a pointer because fmt follows one pointer to a struct when the verb does not fit, as in %s.
type hidden[T any] struct{ at **T }

// concealed is a value with the pointer to it that hidden points to, so that both are one allocation.
type concealed[T any] struct {
	at    *T
	value T
}

func conceal[T any](value T) hidden[T] {
	return (&concealed[T]{value: value}).hide()
}

func (c *concealed[T]) hide() hidden[T] {
	c.at = &c.value
	return hidden[T]{at: &c.at}
}

func (h hidden[T]) isZero() bool { return h.at == nil }

// get gives the value; zero when there is none.
func (h hidden[T]) get() T {
	if h.at == nil {
		var none T
		return none
	}
	return **h.at
}
