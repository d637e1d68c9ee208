package observe

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
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
	return slog.New(newLineHandler(config.Writer, level)), nil
}

// redacted stands for a value that must not be logged.
const redacted = "[redacted]"

// longestValue bounds a logged text, in bytes.
const longestValue = 8 << 10

// personal are the keys under which nobody may log, in whatever spelling; `_` and case do not matter.
var personal = map[string]bool{
	"person": true, "profile": true, "claim": true, "body": true, "payload": true, "request": true, "response": true,
	"familyname": true, "givenname": true, "middlename": true, "fullname": true, "birthdate": true, "snils": true, "inn": true,
	"passport": true, "passportseries": true, "passportnumber": true, "phone": true, "mobilephone": true, "email": true,
	"address": true, "password": true, "secret": true, "token": true, "pagetoken": true, "privatekey": true, "authorization": true,
}

// ordinary are the keys of the line that every call writes; they need no second look.
var ordinary = map[string]bool{
	"request_id": true, "method": true, "transport": true, "role": true, "bank": true, "code": true, "reason": true, "duration_us": true,
}

// isPersonal reports whether nobody may log under a key.
func isPersonal(key string) bool {
	return !ordinary[key] && personal[strings.ToLower(strings.ReplaceAll(key, "_", ""))]
}

// appendAny is the safety net under what is no scalar: errors lose what may be a number of a person, lists of texts pass, and of anything
// else only the type is told.
func appendAny(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case error:
		return appendText(b, maskNumbers(v.Error()))
	case []string:
		b = append(b, '[')
		for i, text := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, text)
		}
		return append(b, ']')
	default:
		return appendText(b, fmt.Sprintf("[%T]", v))
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
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r // escaped in a line
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return '\uFFFD'
		default:
			return r
		}
	}, text)
}
