package bank_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// TestServersThatWantToHoldUsUp are servers of banks that never end what they say.
func TestServersThatWantToHoldUsUp(t *testing.T) {
	w := newWorld(t)
	forever := func(head, again string) string {
		return w.raw(func(c net.Conn) {
			_, err := io.WriteString(c, head)
			for err == nil {
				time.Sleep(time.Millisecond)
				_, err = io.WriteString(c, again)
			}
		})
	}
	for name, server := range map[string]struct {
		url   string
		cause bank.Cause
	}{
		"a body byte by byte":        {forever("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "x"), bank.Timeout},
		"a body in chunks of a byte": {forever("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), bank.Timeout},
		"headers byte by byte":       {forever("HTTP/1.1 200 OK\r\nX: ", "x"), bank.Timeout},
		"early hints without end":    {forever("", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"), bank.Timeout},
		"a trailer without end":      {forever("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"), bank.Timeout},
		"a switch, and silence": {w.raw(func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
			_, _ = c.Read(make([]byte, 1)) // until the other side hangs up
		}), bank.Malformed},
		"a switch to another protocol": {forever("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "x"), bank.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			w.join("vtb", server.url, timeout(150*time.Millisecond))
			answered := make(chan error, 1)
			go func() {
				_, err := w.get("vtb")
				answered <- err
			}()
			select {
			case err := <-answered:
				w.want(err, server.cause)
			case <-time.After(20 * time.Second):
				t.Fatal("the call goes on and on")
			}
			if status, _ := w.clients.Status("vtb"); status.Calls != 0 {
				t.Errorf("%d calls are under way", status.Calls)
			}
		})
	}
}

// TestAnAnswerIsTakenAsItIs: nothing is inflated, no cookie is kept, and what stands twice is seen to stand twice.
func TestAnAnswerIsTakenAsItIs(t *testing.T) {
	w := newWorld(t)
	var bomb bytes.Buffer
	out := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(out, zeros{}, 32<<20); err != nil || out.Close() != nil {
		t.Fatal(err)
	}
	calls := 0
	url := w.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if len(r.Cookies()) > 0 || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("call %d: headers %v", calls, r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Content-Encoding", "gzip")
		w.Header()["X-Signature"] = []string{"one", "two"}
		_, _ = w.Write(bomb.Bytes())
	})).URL
	w.join("vtb", url, func(*partners.Endpoint) {})
	for range 2 {
		reply, err := w.get("vtb")
		if err != nil || !bytes.Equal(reply.Body, bomb.Bytes()) || reply.Header["x-signature"] != "one, two" {
			t.Errorf("%d bytes, %v, %v", len(reply.Body), reply.Header, err)
		}
	}
}

// zeros never ends.
type zeros struct{}

// Read gives zeros.
func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
