package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
)

func TestSandboxPersons(t *testing.T) {
	command{t: t}.run("sandbox", "--persons").want(t, exitDone, "000-999-013 00  CLOSE_MATCH        PREVIOUS_PASSPORT", "")
	command{t: t}.run("sandbox", "--persons", "--json").want(t, exitDone, `{"snils":"000-999-052 00","fault":"RATE_LIMIT"`, "")
}

func TestSandboxSaysWhatIsMissing(t *testing.T) {
	command{t: t}.run("sandbox", "--data-dir", t.TempDir()).want(t, exitUsage, "", "'poruka serve --dev --data-dir")
	command{t: t}.run("sandbox", "--data-dir", playground(t), "--bank", "moon").want(t, exitUsage, "", "there is no bank moon; there are bspb")
}

// playground is a data directory whose banks have ports that nobody uses.
func playground(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	settings, err := config.Config{DataDir: dir, Dev: true}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := development.Prepare(t.Context(), settings, time.Now); err != nil {
		t.Fatal(err)
	}
	ports := roster.Ports{} // looked for last, so that nobody else takes them meanwhile
	for _, id := range []partners.ID{"sberbank", "tinkoff", "pochtabank", "vtb", "bspb"} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address, ok := free.Addr().(*net.TCPAddr)
		if err := free.Close(); err != nil || !ok {
			t.Fatal(err)
		}
		ports[id] = address.Port
	}
	if err := development.WriteRoster(settings, ports); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSandboxPlaysUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	c := sandboxCmd{DataDir: playground(t), Bank: []partners.ID{"vtb", "sberbank"}, ControlAddress: "127.0.0.1:0"}
	go func() {
		ended <- c.Run(ctx, &streams{Out: in, Err: io.Discard, JSON: true})
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal(<-ended)
	}
	var told struct {
		Banks   []playedBank `json:"banks"`
		Control string       `json:"control"`
	}
	if err := json.Unmarshal(lines.Bytes(), &told); err != nil || len(told.Banks) != 2 || told.Banks[0].Bank != "sberbank" || !told.Banks[1].Signs {
		t.Fatalf("%v: %s", err, lines.Text())
	}
	answer, err := http.Get(told.Control)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || !strings.Contains(string(body), `"bank":"vtb"`) {
		t.Errorf("%v: %s", err, body)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:errcheck,forcetypeassert // it is one
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
