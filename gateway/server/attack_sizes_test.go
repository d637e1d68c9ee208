package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// zeros is a body without end.
type zeros struct{ sent int64 }

// Read gives blanks, which JSON allows everywhere.
func (z *zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	z.sent += int64(len(p))
	return len(p), nil
}

// TestOversizeOverREST sends too much in every place.
func TestOversizeOverREST(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	rest := doorOf(t, g, "vtb")
	for size, want := range map[int]int{64 << 10: http.StatusBadRequest, 64<<10 + 1: http.StatusRequestEntityTooLarge, 5 << 20: http.StatusRequestEntityTooLarge} {
		a := rest.call(http.MethodPost, "/v1/confirmations", strings.Repeat(" ", size))
		if a.http != want || want == http.StatusRequestEntityTooLarge && a.reason != "REQUEST_TOO_LARGE" {
			t.Errorf("a body of %d bytes: HTTP %d %s", size, a.http, a.refusedWith())
		}
	}
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, _ = io.CopyN(zip, &zeros{}, 4<<20)
	_ = zip.Close()
	if a := rest.call(http.MethodPost, "/v1/confirmations", bomb.String(), "Content-Encoding", "gzip"); a.http != http.StatusUnsupportedMediaType {
		t.Errorf("a bomb of %d bytes: HTTP %d %s", bomb.Len(), a.http, a.refusedWith())
	}
	endless(t, rest)
	if a, err := rest.try(http.MethodGet, "/v1/caller", "", "X-A", strings.Repeat("a", 64<<10)); err == nil && a.http != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 KiB: HTTP %d", a.http)
	}
	for _, a := range http1(t, g, "vtb", "GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nX-A: "+strings.Repeat("a", 40<<10)+"\r\n\r\n", 1) {
		if a.http != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 40 KiB over HTTP/1.1: HTTP %d", a.http)
		}
	}
	if a := rest.call(http.MethodGet, "/v1/caller", ""); a.http != http.StatusOK {
		t.Errorf("afterwards a good call gives HTTP %d", a.http)
	}
}

// endless sends a body whose length is not told and which does not end: the gateway must not read on.
func endless(t *testing.T, rest door) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body := &zeros{}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, rest.base+"/v1/confirmations", io.LimitReader(body, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := rest.http.Do(r)
	if err == nil {
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("an endless body: HTTP %d", response.StatusCode)
		}
	}
	if body.sent > 16<<20 {
		t.Errorf("%d bytes of an endless body were taken", body.sent)
	}
}

// TestOversizeOverGRPC sends too much in a message and in the metadata.
func TestOversizeOverGRPC(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	client := porukav1.NewConfirmationServiceClient(g.Conn("vtb"))
	for size, want := range map[int]codes.Code{60 << 10: codes.InvalidArgument, 70 << 10: codes.ResourceExhausted, 5 << 20: codes.ResourceExhausted} {
		_, err := client.ConfirmIdentity(t.Context(), &porukav1.ConfirmIdentityRequest{Bank: strings.Repeat("a", size)})
		if a := answerOf(t, nil, err); a.code != want {
			t.Errorf("a message of %d bytes: %s", size, a.refusedWith())
		}
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-a", strings.Repeat("a", 64<<10))
	caller := porukav1.NewCallerServiceClient(g.Conn("vtb"))
	if _, err := caller.DescribeCaller(ctx, &porukav1.DescribeCallerRequest{}); err == nil {
		t.Error("metadata of 64 KiB are taken")
	}
	if _, err := caller.DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
		t.Errorf("afterwards a good call gives %v", err)
	}
}

// slow is how many sockets of each kind TestSlowSockets leaves hanging.
const slow = 40

// TestSlowSockets opens some hundred connections that stop half-way, in every way there is. Others must be served meanwhile, and what
// did not get through its handshake or its headers must be hung up on.
func TestSlowSockets(t *testing.T) {
	t.Parallel() // it mostly waits
	g := gatewaytest.Start(t, gatewaytest.Config{})
	profile := g.Profile("sberbank")
	config, err := profile.TLS(profile.RESTAddress)
	if err != nil {
		t.Fatal(err)
	}
	var hanging []net.Conn
	hang := func(address, alpn, say string) {
		t.Helper()
		conn, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		hanging = append(hanging, conn)
		if alpn != "" {
			secured := config.Clone()
			secured.NextProtos = []string{alpn}
			client := tls.Client(conn, secured)
			if err := client.HandshakeContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			conn = client
		}
		if _, err := io.WriteString(conn, say); err != nil {
			t.Fatal(err)
		}
	}
	hello := "\x16\x03\x01\x02\x00\x01" // of TLS, its beginning
	for range slow {
		hang(profile.Address, "", "")
		hang(profile.Address, "", hello)
		hang(profile.Address, "h2", "PRI * HT")
		hang(profile.RESTAddress, "", hello)
		hang(profile.RESTAddress, "http/1.1", "")
		hang(profile.RESTAddress, "http/1.1", "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nX-A: ")
	}
	for range slow / 2 {
		hang(profile.RESTAddress, "http/1.1", "POST /v1/confirmations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")
		hang(profile.RESTAddress, "h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00")
	}
	for i := range 20 {
		name := []string{"vtb", "sberbank"}[i%2]
		if a := doorOf(t, g, name).call(http.MethodGet, "/v1/caller", ""); a.http != http.StatusOK {
			t.Errorf("meanwhile REST gives HTTP %d", a.http)
		}
		if _, err := porukav1.NewCallerServiceClient(g.Conn(name)).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
			t.Errorf("meanwhile gRPC gives %v", err)
		}
	}
	deadline := time.Now().Add(patience)
	for _, conn := range hanging[:6*slow] {
		_ = conn.SetReadDeadline(deadline)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a connection that says nothing lives on after %v", patience)
		}
	}
}
