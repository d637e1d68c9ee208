package observe

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// lineHandler writes one line of JSON for each record. It is slog.JSONHandler but for three things: every value passes the redaction, a
// group is a prefix of its keys, and a line costs a third, which matters because every call writes one.
type lineHandler struct {
	shared *sharedLines
	level  slog.Level
	prefix string // of keys, from WithGroup
	attrs  []byte // from WithAttrs, each with a comma before it
}

// sharedLines is what a handler and those derived from it have in common.
type sharedLines struct {
	mu      sync.Mutex // one line at a time
	out     io.Writer
	buffers sync.Pool // of *[]byte
}

func newLineHandler(out io.Writer, level slog.Level) *lineHandler {
	shared := &sharedLines{out: out}
	shared.buffers.New = func() any {
		b := make([]byte, 0, 1024)
		return &b
	}
	return &lineHandler{shared: shared, level: level}
}

// Enabled reports whether records of a level are written.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle writes a record.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	held, ok := h.shared.buffers.Get().(*[]byte)
	if !ok {
		held = new([]byte)
	}
	b := append((*held)[:0], `{"time":"`...)
	b = r.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, r.Level.String()...)
	b = append(b, `","msg":`...)
	b = appendText(b, r.Message)
	b = append(b, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, h.prefix, a)
		return true
	})
	b = append(b, "}\n"...)

	h.shared.mu.Lock()
	_, err := h.shared.out.Write(b)
	h.shared.mu.Unlock()
	if cap(b) <= 16<<10 {
		*held = b
		h.shared.buffers.Put(held)
	}
	return err
}

// WithAttrs gives a handler that writes these attributes in every line.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *h
	derived.attrs = append([]byte(nil), h.attrs...)
	for _, a := range attrs {
		derived.attrs = appendAttr(derived.attrs, h.prefix, a)
	}
	return &derived
}

// WithGroup gives a handler that puts a prefix before the keys to come.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	derived := *h
	derived.prefix = h.prefix + name + "."
	return &derived
}

// appendAttr appends `,"key":value`; for a group, its members. Empty attributes are left out, as slog asks.
func appendAttr(b []byte, prefix string, a slog.Attr) []byte {
	if a.Equal(slog.Attr{}) {
		return b
	}
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range value.Group() {
			b = appendAttr(b, prefix, member)
		}
		return b
	}
	b = append(b, ',')
	if prefix == "" {
		b = appendText(b, a.Key)
	} else {
		b = appendText(b, prefix+a.Key)
	}
	b = append(b, ':')
	if isPersonal(a.Key) {
		return appendText(b, redacted)
	}
	return appendValue(b, value)
}

func appendValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindString:
		return appendText(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10)
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindFloat64:
		return appendFloat(b, v.Float64())
	case slog.KindDuration:
		return appendText(b, v.Duration().String())
	case slog.KindTime:
		return appendTime(b, v.Time())
	default:
		return appendAny(b, v.Any())
	}
}

func appendFloat(b []byte, f float64) []byte {
	if f-f != 0 { // JSON has no numbers for what is not finite
		return appendText(b, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendText appends a text as JSON.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	if simple(text) {
		return append(append(b, text...), '"')
	}
	text = clean(text)
	from := 0
	for i := range len(text) {
		c := text[i]
		switch c {
		case '"', '\\':
		case '\n':
			c = 'n'
		case '\t':
			c = 't'
		default:
			continue
		}
		b = append(append(b, text[from:i]...), '\\', c)
		from = i + 1
	}
	return append(append(b, text[from:]...), '"')
}

// simple is the quick check: a short text of printable ASCII without anything to escape.
func simple(text string) bool {
	if len(text) > longestValue {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
