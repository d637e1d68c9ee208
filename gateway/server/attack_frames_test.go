package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// frames is an HTTP/2 connection of a caller on which anything may be written.
type frames struct {
	t      *testing.T
	framer *http2.Framer
	block  bytes.Buffer
	coder  *hpack.Encoder
	stream uint32
}

// framesTo connects a caller to a port.
func framesTo(t *testing.T, g *gatewaytest.Gateway, name, address string) *frames {
	t.Helper()
	config, err := g.Profile(name).TLS(address)
	if err != nil {
		t.Fatal(err)
	}
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	f := &frames{t: t, framer: http2.NewFramer(conn, conn), stream: 1}
	f.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.framer.AllowIllegalWrites = true
	f.coder = hpack.NewEncoder(&f.block)
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	if err := f.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return f
}

// heard is what came back on a stream.
type heard struct {
	header map[string]string // headers and trailers
	body   string
	ended  string // how: "whole", or by which frame or error of the connection it was broken off
}

// ask sends one request, pseudo-headers included, and listens until its stream ends.
func (f *frames) ask(header [][2]string, body []byte) heard {
	f.t.Helper()
	f.block.Reset()
	for _, pair := range header {
		_ = f.coder.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]})
	}
	id := f.stream
	f.stream += 2
	block := f.block.Bytes()
	first := block[:min(len(block), 16000)]
	err := f.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: first, EndHeaders: len(first) == len(block), EndStream: body == nil,
	})
	for rest := block[len(first):]; err == nil && len(rest) > 0; {
		part := rest[:min(len(rest), 16000)]
		rest = rest[len(part):]
		err = f.framer.WriteContinuation(id, len(rest) == 0, part)
	}
	for rest := body; err == nil && body != nil; {
		part := rest[:min(len(rest), 16000)]
		rest = rest[len(part):]
		err = f.framer.WriteData(id, len(rest) == 0, part)
		if len(rest) == 0 {
			break
		}
	}
	_ = err // the server may have hung up; what it said comes next
	return f.listen(id)
}

func (f *frames) listen(id uint32) heard {
	h := heard{header: map[string]string{}}
	for {
		frame, err := f.framer.ReadFrame()
		if err != nil {
			h.ended = "connection: " + err.Error()
			return h
		}
		ours := frame.Header().StreamID == id
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			for _, field := range frame.Fields {
				h.header[field.Name] = field.Value
			}
			if ours && frame.StreamEnded() {
				h.ended = "whole"
				return h
			}
		case *http2.DataFrame:
			h.body += string(frame.Data())
			if ours && frame.StreamEnded() {
				h.ended = "whole"
				return h
			}
		case *http2.RSTStreamFrame:
			if ours {
				h.ended = "reset: " + frame.ErrCode.String()
				return h
			}
		case *http2.GoAwayFrame:
			if frame.ErrCode != http2.ErrCodeNo {
				h.ended = "goaway: " + frame.ErrCode.String()
				return h
			}
		}
	}
}

// envelope frames a message as gRPC does.
func envelope(compressed byte, message []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{compressed}, uint32(len(message)))
	return append(out, message...)
}

// grpcHeader is that of a call; more goes to its end, and a name that is there already replaces.
func grpcHeader(path string, more ...[2]string) [][2]string {
	header := [][2]string{
		{":method", "POST"},
		{":scheme", "https"},
		{":path", path},
		{":authority", "localhost"},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
	}
next:
	for _, m := range more {
		for i := range header {
			if header[i][0] == m[0] {
				header[i][1] = m[1]
				continue next
			}
		}
		header = append(header, m)
	}
	return header
}

// TestOddPathsOfGRPC writes paths that no client library would. None may reach a method that stands behind another name, and none may
// pass the access table: the caller is an operator's, and then a bank that wants to be one.
func TestOddPathsOfGRPC(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	const good = porukav1.OperatorService_ListPartners_FullMethodName
	if h := framesTo(t, g, "operator", g.Profile("operator").Address).ask(grpcHeader(good), envelope(0, nil)); h.header["grpc-status"] != "0" {
		t.Fatalf("the good path: %+v", h)
	}
	bare := strings.TrimPrefix(good, "/")
	for _, path := range []string{
		bare, "/" + good, "//" + good, good + "/", strings.Replace(good, "/List", "//List", 1), strings.Replace(good, "Operator", "%4Fperator", 1),
		strings.ReplaceAll(good, "/", "%2f"), strings.ToLower(good), strings.ToUpper(good), good + "?x=1", good + "#x", good + "\x00", " " + good, good + " ",
		"/poruka.v1.CallerService/../OperatorService/ListPartners", "/" + strings.ReplaceAll(bare, "/", "."), "/ListPartners", "/", "", "*", ".",
		"https://localhost" + good, "/v1/partners", strings.Repeat("/a", 4000),
	} {
		for _, caller := range []string{"operator", "vtb"} {
			h := framesTo(t, g, caller, g.Profile(caller).Address).ask(grpcHeader(path), envelope(0, nil))
			if h.header["grpc-status"] == "0" || strings.Contains(h.body, "sberbank") {
				t.Errorf("%s, path %.80q: answered with %d bytes", caller, path, len(h.body))
			}
			if code := h.header["grpc-status"]; h.ended == "whole" && code != "12" && (code == "13" || h.header[":status"] == "200") {
				t.Errorf("%s, path %.80q: status %s, %+v", caller, path, code, h)
			}
		}
	}
}

// TestOddHeadersOfGRPC sends what a call may not have.
func TestOddHeadersOfGRPC(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	const describe = porukav1.CallerService_DescribeCaller_FullMethodName
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 8 {
		_, _ = zip.Write(zeros)
	}
	_ = zip.Close()
	for name, c := range map[string]struct {
		header [][2]string
		body   []byte
		code   string // empty: whatever gRPC makes of it, before a call of ours begins
	}{
		"CR and LF in a value":     {grpcHeader(describe, [2]string{"x-a", "b\r\nauthorization: operator"}), envelope(0, nil), ""},
		"LF in a name":             {grpcHeader(describe, [2]string{"x-a\nx-b", "c"}), envelope(0, nil), ""},
		"upper case in a name":     {grpcHeader(describe, [2]string{"X-Partner-Id", "sberbank"}), envelope(0, nil), ""},
		"Connection":               {grpcHeader(describe, [2]string{"connection", "keep-alive"}), envelope(0, nil), ""},
		"GET":                      {grpcHeader(describe, [2]string{":method", "GET"}), envelope(0, nil), ""},
		"JSON":                     {grpcHeader(describe, [2]string{"content-type", "application/json"}), []byte("{}"), ""},
		"no content type":          {grpcHeader(describe, [2]string{"content-type", ""}), envelope(0, nil), ""},
		"a gzip bomb":              {grpcHeader(describe, [2]string{"grpc-encoding", "gzip"}), envelope(1, bomb.Bytes()), "8"},
		"an unknown compression":   {grpcHeader(describe, [2]string{"grpc-encoding", "zip"}), envelope(1, []byte("x")), "12"},
		"compressed, but not said": {grpcHeader(describe), envelope(1, bomb.Bytes()[:100]), ""},
		"a length beyond the body": {grpcHeader(describe), append(envelope(0, nil)[:1], 0xff, 0xff, 0xff, 0xff), "8"},
		"half a frame":             {grpcHeader(describe), []byte{0, 0}, ""},
		"headers of 40 KiB":        {grpcHeader(describe, [2]string{"x-a", strings.Repeat("a", 40<<10)}), envelope(0, nil), ""},
		"a timeout that is none":   {grpcHeader(describe, [2]string{"grpc-timeout", "soon"}), envelope(0, nil), ""},
		"a timeout of nothing":     {grpcHeader(describe, [2]string{"grpc-timeout", "1n"}), envelope(0, nil), "4"},
		"a base64 that is none":    {grpcHeader(describe, [2]string{"x-a-bin", "%%%"}), envelope(0, nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := framesTo(t, g, "vtb", g.Profile("vtb").Address).ask(c.header, c.body)
			if got := h.header["grpc-status"]; got == "0" || c.code != "" && got != c.code {
				t.Errorf("answered: %+v", h)
			}
		})
	}
	many := make([][2]string, 0, 10_000)
	for range cap(many) {
		many = append(many, [2]string{"x-a", "b"})
	}
	if h := framesTo(t, g, "vtb", g.Profile("vtb").Address).ask(append(grpcHeader(describe), many...), envelope(0, nil)); h.header["grpc-status"] == "0" {
		t.Errorf("10 000 headers: %+v", h)
	}
	if _, err := porukav1.NewCallerServiceClient(g.Conn("vtb")).DescribeCaller(t.Context(), &porukav1.DescribeCallerRequest{}); err != nil {
		t.Errorf("afterwards a good call gives %v", err)
	}
}

// TestOddFramesOfREST does to the REST port, over HTTP/2, what net/http's client would not.
func TestOddFramesOfREST(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	header := func(more ...[2]string) [][2]string {
		return append([][2]string{{":method", "GET"}, {":scheme", "https"}, {":path", "/v1/caller"}, {":authority", "localhost"}}, more...)
	}
	for name, c := range map[string][][2]string{
		"CR and LF in a value":      header([2]string{"x-a", "b\r\nauthorization: operator"}),
		"upper case in a name":      header([2]string{"X-Partner-Id", "sberbank"}),
		"transfer-encoding":         header([2]string{"transfer-encoding", "chunked"}),
		"a path without its slash":  {{":method", "GET"}, {":scheme", "https"}, {":path", "v1/caller"}, {":authority", "localhost"}},
		"no path":                   {{":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}},
		"a pseudo-header too late":  header([2]string{"x-a", "b"}, [2]string{":path", "/v1/partners"}),
		"two paths":                 header([2]string{":path", "/v1/partners"}),
		"an invented pseudo-header": header([2]string{":role", "operator"}),
		"headers of 40 KiB":         header([2]string{"x-a", strings.Repeat("a", 40<<10)}),
	} {
		h := framesTo(t, g, "vtb", g.Profile("vtb").RESTAddress).ask(c, nil)
		if h.header[":status"] == "200" || strings.Contains(h.body, "operator") {
			t.Errorf("%s: answered: %+v", name, h)
		}
	}
	if h := framesTo(t, g, "vtb", g.Profile("vtb").RESTAddress).ask(header(), nil); h.header[":status"] != "200" {
		t.Errorf("the good request: %+v", h)
	}
	if h := framesTo(t, g, "vtb", g.Profile("vtb").RESTAddress).ask(grpcHeader(porukav1.CallerService_DescribeCaller_FullMethodName), envelope(0, nil)); h.header[":status"] != "404" {
		t.Errorf("gRPC on the REST port: %+v", h)
	}
}
