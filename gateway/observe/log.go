package observe

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"
)

// LogConfig says where logs go.
type LogConfig struct {
	Writer io.Writer // often a *Buffer
	Level  string    // debug, info, warn or error; empty means info
}

// NewLogger makes a logger that writes one line of JSON for each event.
func NewLogger(config LogConfig) (*slog.Logger, error) {
	if config.Writer == nil {
		return nil, errors.New("observe: a logger without a writer")
	}
	var level slog.Level
	if config.Level != "" {
		if err := level.UnmarshalText([]byte(config.Level)); err != nil {
			return nil, fmt.Errorf("observe: log level: %w", err)
		}
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	return slog.New(slog.NewJSONHandler(config.Writer, options)), nil
}

// redacted stands for a value that must not be logged.
const redacted = "[redacted]"

// longestValue bounds a logged text, in bytes.
const longestValue = 2048

// personal are the keys under which nobody may log, in whatever spelling; `_` and case do not matter.
var personal = map[string]bool{
	"person": true, "profile": true, "claim": true, "body": true, "payload": true, "request": true, "response": true,
	"familyname": true, "givenname": true, "middlename": true, "fullname": true, "birthdate": true, "snils": true, "inn": true,
	"passport": true, "passportseries": true, "passportnumber": true, "phone": true, "mobilephone": true, "email": true,
	"address": true, "password": true, "secret": true, "token": true, "pagetoken": true, "privatekey": true, "authorization": true,
}

// redact is the safety net under every attribute: it lets scalars, texts, times, errors and lists of texts pass and nothing else.
func redact(_ []string, a slog.Attr) slog.Attr {
	if personal[strings.ToLower(strings.ReplaceAll(a.Key, "_", ""))] {
		return slog.String(a.Key, redacted)
	}
	a.Key = clean(a.Key)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(clean(a.Value.String()))
	case slog.KindAny:
		a.Value = redactAny(a.Value)
	default: // numbers, times and the like
	}
	return a
}

func redactAny(value slog.Value) slog.Value {
	switch v := value.Any().(type) {
	case nil, slog.Level, time.Time, *slog.Source:
		return value
	case error:
		return slog.StringValue(clean(maskNumbers(v.Error())))
	case []string:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = clean(v[i])
		}
		return slog.AnyValue(texts)
	case proto.Message, []byte:
		return slog.StringValue(redacted)
	default:
		return slog.StringValue(fmt.Sprintf("[%T]", v))
	}
}

// long finds what may be a number of a person: ten digits or more, with the separators that people use.
var long = regexp.MustCompile(`\+?\d(?:[ ().-]?\d){9,}`)

// maskNumbers takes such numbers out of the text of an error, which may come from a driver.
func maskNumbers(text string) string { return long.ReplaceAllString(text, "[number]") }

// clean makes a text safe to look at on a terminal: no control or format characters, which could rewrite the line, and not endless.
func clean(text string) string {
	if len(text) > longestValue {
		text = strings.ToValidUTF8(text[:longestValue], "") + "…"
	}
	if plain(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return '\uFFFD'
		}
		return r
	}, text)
}

// plain is the quick check: printable ASCII only.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
