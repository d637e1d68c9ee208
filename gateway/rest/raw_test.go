package rest_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/gateway/rest"
)

// speak sends bytes over TLS as they are and gives the statuses of all answers, until the server closes or nothing more comes.
func speak(t *testing.T, d *chaintest.Door, base, text string) (statuses []int, closed bool) {
	t.Helper()
	config := d.ClientConfig(d.Client(t, "bank/vtb"))
	config.NextProtos = []string{"http/1.1"}
	conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			var late net.Error
			return statuses, !errors.As(err, &late) || !late.Timeout()
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		statuses = append(statuses, response.StatusCode)
	}
}

// Two readings of one message must not be possible.
func TestSmuggling(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Confirm = confirmed
	base := serve(t, d)
	hidden := "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, text := range map[string]string{
		"both lengths": "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":      "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + hidden,
		"unknown encoding": "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
		"two encodings":    "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
		"negative length":  "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n" + hidden,
		"blank in name":    "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nContent-Length : 4\r\n\r\nabcd",
		"no host":          "GET /v1/caller HTTP/1.1\r\n\r\n",
		"two hosts":        "GET /v1/caller HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"folded header":    "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\x00d\r\n\r\n",
		"NUL":              "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-A: a\x00b\r\n\r\n",
		"blank in path":    "GET /v1/caller x HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"not HTTP":         "\x16\x03\x01 hello\r\n\r\n",
		"proxy":            "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n",
		"many headers":     "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\n" + manyHeaders(10_000) + "\r\n",
		"asterisk":         "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		statuses, closed := speak(t, d, base, text)
		if len(statuses) > 0 && statuses[0] < 400 {
			t.Errorf("%s: answered with %v", name, statuses)
		}
		if len(statuses) > 1 {
			t.Errorf("%s: the hidden request was answered: %v", name, statuses)
		}
		if name != "proxy" && name != "asterisk" && !closed {
			t.Errorf("%s: the connection stays open", name)
		}
	}
	if statuses, _ := speak(t, d, base, hidden+hidden); len(statuses) != 2 || statuses[0] != http.StatusOK {
		t.Errorf("two honest requests: %v", statuses)
	}
}

func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-%d: y\r\n", i)
	}
	return b.String()
}

// A client that sends slowly, or nothing, is not waited for.
func TestTimesAreSet(t *testing.T) {
	d := chaintest.New(t)
	server, err := rest.New(rest.Config{
		Chain: d.Chain, Log: publishedLog{}, TLS: d.Source.ServerConfig(), Logger: slog.New(slog.DiscardHandler), Register: func(grpc.ServiceRegistrar) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]time.Duration{
		"headers": server.ReadHeaderTimeout, "request": server.ReadTimeout, "answer": server.WriteTimeout, "idle": server.IdleTimeout,
	} {
		if set <= 0 || set > 5*time.Minute {
			t.Errorf("%s: %v", name, set)
		}
	}
	if server.MaxHeaderBytes != 16<<10 || server.HTTP2.MaxConcurrentStreams != 250 {
		t.Errorf("%d bytes of headers, %d streams", server.MaxHeaderBytes, server.HTTP2.MaxConcurrentStreams)
	}
	if statuses, closed := speak(t, d, serve(t, d), "GET /v1/caller HTTP/1.0\r\n\r\n"); len(statuses) != 1 || statuses[0] != http.StatusOK || !closed {
		t.Errorf("HTTP/1.0: %v, closed %v", statuses, closed)
	}
}

// Chunks are taken, but nothing is read behind them.
func TestChunks(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Confirm = confirmed
	body := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good)
	head := "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	if statuses, closed := speak(t, d, serve(t, d), head+body+head+body); len(statuses) != 1 || statuses[0] != http.StatusOK || !closed {
		t.Errorf("%v, closed %v", statuses, closed)
	}
}

// Whatever is asked for, the number of series stays.
func TestCardinality(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	series := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			ask(t, c, http.MethodGet, fmt.Sprintf("%s/v1/confirmations/%d", base, i), "", "User-Agent", fmt.Sprint(i), "X-Forwarded-For", fmt.Sprint(i))
			ask(t, c, http.MethodGet, fmt.Sprintf("%s/%d/%d", base, i, i), "")
			ask(t, c, fmt.Sprintf("VERB%d", i), base+"/v1/caller", "")
		}
		families, err := d.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "poruka_") {
				n += len(f.GetMetric())
			}
		}
		return n
	}
	before := series(0, 5)
	if after := series(5, 60); after != before {
		t.Errorf("%d series became %d", before, after)
	}
}
