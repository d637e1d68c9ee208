package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/observe"
)

func newLogger(t testing.TB, w io.Writer, level string) *slog.Logger {
	t.Helper()
	logger, err := observe.NewLogger(observe.LogConfig{Writer: w, Level: level})
	if err != nil {
		t.Fatal(err)
	}
	return logger
}

// canaries are values of a person that must never reach a log.
var canaries = []string{"Кузнецова", "112-233-445 95", "11223344595", "500100732259", "+7 916 123-45-67", "m.k@example.org"}

func TestPersonalDataAreRedacted(t *testing.T) {
	person := &porukav1.Person{FamilyName: canaries[0], Snils: canaries[1], Inn: canaries[3], Email: canaries[5]}
	var out bytes.Buffer
	logger := newLogger(t, &out, "debug")
	for name, value := range map[string]any{
		"message":    person,
		"pointer":    &person,
		"slice":      []*porukav1.Person{person},
		"bytes":      []byte(canaries[1]),
		"struct":     struct{ A string }{canaries[0]},
		"map":        map[string]string{"a": canaries[0]},
		"snils":      canaries[1],
		"Given_Name": canaries[0],
		"mobilePhone": func() any {
			return canaries[4]
		}(),
		"error":  fmt.Errorf("duplicate key (%s), (%s), (%s), %s", canaries[1], canaries[2], canaries[3], canaries[4]),
		"nested": slog.GroupValue(slog.String("email", canaries[5]), slog.Any("person", person)),
	} {
		logger.With(name, value).Info("event", name, value)
	}
	for _, canary := range canaries {
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q reached the log", canary)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 11 {
		t.Errorf("%d lines, want 11", n)
	}
}

func TestOneEventIsOneLine(t *testing.T) {
	var out bytes.Buffer
	logger := newLogger(t, &out, "")
	hostile := []string{
		"a\r\n{\"level\":\"ERROR\"}", "\x1b[2J\x1b[31mred", "\u202Eevil\u202C", "\u2028\u2029", `","x":"y`, "\x00", "\xff\xfe", strings.Repeat("я", 5000),
	}
	for _, text := range hostile {
		out.Reset()
		logger.Info("event", "text", text, "list", []string{text}, "error", errors.New(text), text, "key")
		line := strings.TrimSuffix(out.String(), "\n")
		if strings.ContainsAny(line, "\r\n\x1b\x00\u202E\u2028\u2029") || !json.Valid([]byte(line)) {
			t.Errorf("%.30q makes the line %q", text, line)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields["level"] != "INFO" || fields["x"] != nil {
			t.Errorf("%.30q changes the fields: %v %v", text, fields, err)
		}
	}
}

func TestWhatIsLoggedStays(t *testing.T) {
	var out bytes.Buffer
	newLogger(t, &out, "warn").Info("below the level")
	if out.Len() > 0 {
		t.Error("a line below the level was written")
	}
	at := time.Date(2026, 11, 22, 10, 0, 0, 5000, time.UTC)
	newLogger(t, &out, "info").With("a", 1).WithGroup("g").With("b", 2).Info("call",
		"method", "/a/B", "duration", time.Second, "n", -7, "u", uint64(7), "f", 0.5, "nan", math.NaN(), "ok", true, "at", at, "none", nil,
		"h", slog.GroupValue(slog.Int("c", 3)), "", slog.GroupValue(slog.Int("d", 4)), "error", errors.New("no route to \"host\"\n\tat x"))
	for _, want := range []string{
		`"level":"INFO","msg":"call","a":1,"g.b":2,"g.method":"/a/B"`, `"g.duration":"1s"`, `"g.n":-7,"g.u":7,"g.f":0.5,"g.nan":"NaN","g.ok":true`,
		`"g.at":"2026-11-22T10:00:00.000005Z","g.none":null`, `"g.h.c":3,"g.d":4,"g.error":"no route to \"host\"\n\tat x"}`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, out.String())
		}
	}
}

func TestRefusedLogConfigs(t *testing.T) {
	for _, c := range []observe.LogConfig{{}, {Writer: io.Discard, Level: "loud"}} {
		if _, err := observe.NewLogger(c); err == nil {
			t.Errorf("%+v: taken", c)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	logger := newLogger(b, io.Discard, "info")
	handler, now := logger.Handler(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		r := slog.NewRecord(now, slog.LevelInfo, "call", 0)
		r.AddAttrs(
			slog.String("request_id", "01928a3e-7d1c-7e4b-8a9f-0123456789ab"), slog.String("method", "/poruka.v1.ConfirmationService/ConfirmIdentity"),
			slog.String("transport", "grpc"), slog.String("code", "INVALID_ARGUMENT"), slog.String("reason", "FIELD_FORMAT"),
			slog.String("caller", "bank/sberbank"), slog.Int64("duration_us", 1234),
		)
		_ = handler.Handle(context.Background(), r)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("key", "value \" \\ \n \x00 \u202e \xff")
	f.Fuzz(func(t *testing.T, key, text string) {
		var out bytes.Buffer
		newLogger(t, &out, "").Info(text, key, text, //nolint:sloglint // the message is hostile
			"list", []string{text}, "error", errors.New(text))
		line, rest, _ := strings.Cut(out.String(), "\n")
		if rest != "" || !json.Valid([]byte(line)) || strings.ContainsAny(line, "\r\x1b\x00\u202e\u2028") {
			t.Errorf("%q", out.String())
		}
	})
}

func TestLinesOfManyDoNotMix(t *testing.T) {
	var out bytes.Buffer // not safe by itself
	logger := newLogger(t, &out, "")
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for range 200 {
				logger.Info("event", "text", strings.Repeat(strconv.Itoa(n), 500))
			}
		})
	}
	group.Wait()
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("mixed: %s", line)
		}
	}
}
