package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/poruka/poruka/gateway/gatewaytest"
)

// patience is how long anything in these tests may take; it is only ever used up by a failure.
const patience = 20 * time.Second

// answer is what came back, in the terms that both transports share.
type answer struct {
	http   int // status; 0 over gRPC
	code   codes.Code
	reason string   // of a refusal
	fields []string // at fault, ordered
	id     string   // of the request, as a refusal tells it
	header map[string][]string
	body   string // what a caller sees of it, as JSON
}

// refusedWith tells both transports' answers to be compared: everything but what names this one request.
func (a *answer) refusedWith() string {
	return a.code.String() + " " + a.reason + " " + strings.Join(a.fields, ",")
}

// same is a body without the request id, so that two answers can be compared.
func (a *answer) same() string {
	if a.id == "" {
		return a.body
	}
	return strings.ReplaceAll(a.body, a.id, "REQUEST")
}

// understand fills in what a status tells.
func (a *answer) understand(s *status.Status) {
	a.code = s.Code()
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			a.reason = d.GetReason()
			if d.GetDomain() != "poruka" {
				a.reason += " of domain " + d.GetDomain()
			}
		case *errdetails.RequestInfo:
			a.id = d.GetRequestId()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				a.fields = append(a.fields, v.GetField())
			}
		}
	}
	slices.Sort(a.fields)
}

// asJSON writes a message in one way, whatever protojson makes of blanks today.
func asJSON(t testing.TB, m proto.Message) string {
	t.Helper()
	written, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var content any
	if err := json.Unmarshal(written, &content); err != nil {
		t.Fatal(err)
	}
	even, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(even)
}

// answerOf makes an answer of what a gRPC call gave.
func answerOf(t testing.TB, m proto.Message, err error) answer {
	t.Helper()
	var a answer
	s := status.Convert(err)
	a.understand(s)
	if err != nil {
		a.body = asJSON(t, s.Proto())
	} else {
		a.body = asJSON(t, m)
	}
	return a
}

// rpc is a method by its descriptor.
type rpc struct{ protoreflect.MethodDescriptor }

// name is the full name, as it goes over the wire.
func (m rpc) name() string {
	return "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
}

func newMessage(t testing.TB, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// call calls any method, with one request, and gives the first answer. A stream that the caller sends on gets none.
func (m rpc) call(t testing.TB, conn *grpc.ClientConn, in proto.Message, options ...grpc.CallOption) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out := newMessage(t, m.Output())
	if !m.IsStreamingClient() && !m.IsStreamingServer() {
		return answerOf(t, out, conn.Invoke(ctx, m.name(), in, out, options...))
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: m.IsStreamingClient(), ServerStreams: true}, m.name(), options...)
	if err != nil {
		t.Fatal(err)
	}
	if !m.IsStreamingClient() {
		_ = stream.SendMsg(in) // when it fails the answer tells why
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err = stream.RecvMsg(out); errors.Is(err, io.EOF) {
		err = nil
	}
	return answerOf(t, out, err)
}

// door is one caller's way to the REST port.
type door struct {
	t    testing.TB
	http *http.Client
	base string
}

func doorOf(t testing.TB, g *gatewaytest.Gateway, name string) door {
	t.Helper()
	client, base := g.HTTP(name)
	return door{t, client, base}
}

// call sends one request. headers are pairs; `Content-Type: application/json` is there unless they say otherwise.
func (d door) call(verb, path, body string, headers ...string) answer {
	d.t.Helper()
	a, err := d.try(verb, path, body, headers...)
	if err != nil {
		d.t.Fatalf("%s %s: %v", verb, path, err)
	}
	return a
}

// try is call for when there may be no answer.
func (d door) try(verb, path, body string, headers ...string) (answer, error) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, verb, d.base+path, content)
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Content-Type" {
			r.Header.Del(headers[i])
		}
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	response, err := d.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	answered := io.Reader(response.Body)
	if response.Header.Get("Content-Type") == "text/event-stream" { // it does not end by itself
		answered = io.LimitReader(answered, 1)
	}
	read, err := io.ReadAll(answered)
	if err != nil {
		return answer{}, err
	}
	return restAnswer(d.t, response.StatusCode, response.Header, read), nil
}

func restAnswer(t testing.TB, code int, header http.Header, body []byte) answer {
	t.Helper()
	a := answer{http: code, header: header, body: string(body)}
	if code < http.StatusBadRequest {
		return a
	}
	var failed statuspb.Status
	if err := protojson.Unmarshal(body, &failed); err != nil {
		a.code, a.reason = codes.Unknown, "a body that is no google.rpc.Status"
		return a
	}
	a.understand(status.FromProto(&failed))
	a.body = asJSON(t, &failed)
	return a
}
