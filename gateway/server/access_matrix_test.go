package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// everyRole is one caller of each role a certificate may carry, by the name of its certificate.
var everyRole = map[certs.Role]string{
	certs.RoleBank: "vtb", certs.RolePortal: "portal", certs.RoleCompliance: "compliance", certs.RoleOperator: "operator",
}

// everyMethod lists the methods that the server offers, by its own reflection, and fails when one of our protos is not among them.
func everyMethod(t *testing.T, g *gatewaytest.Gateway) []rpc {
	t.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(g.Conn("operator")).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	if err != nil {
		t.Fatal(err)
	}
	listed, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.CloseSend()
	ours := map[protoreflect.FullName]bool{}
	protoregistry.GlobalFiles.RangeFilesByPackage("poruka.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			ours[file.Services().Get(i).FullName()] = true
		}
		return true
	})
	var methods []rpc
	for _, service := range listed.GetListServicesResponse().GetService() {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service.GetName()))
		if err != nil {
			t.Fatalf("%s: %v", service.GetName(), err)
		}
		described, ok := found.(protoreflect.ServiceDescriptor)
		for i := 0; ok && i < described.Methods().Len(); i++ {
			methods = append(methods, rpc{described.Methods().Get(i)})
		}
		delete(ours, found.FullName())
	}
	if len(ours) > 0 {
		t.Fatalf("services that nobody serves: %v", slices.Collect(maps.Keys(ours)))
	}
	return methods
}

// route is a way to a method over REST.
type route struct {
	verb, path, body string
}

var pathVariable = regexp.MustCompile(`\{[a-zA-Z_.]+\}`)

// routes reads the routes of a method from its proto. Every method of ours has one but those on whose stream the caller sends.
func (m rpc) routes(t *testing.T) []route {
	t.Helper()
	rule, ok := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	if ours := m.ParentFile().Package() == "poruka.v1"; (!ok || rule == nil) == (ours && !m.IsStreamingClient()) {
		t.Errorf("%s: has a route: %v", m.name(), rule != nil)
	}
	if rule == nil {
		return nil
	}
	var routes []route
	for _, one := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		r := route{}
		switch pattern := one.GetPattern().(type) {
		case *annotations.HttpRule_Get:
			r.verb, r.path = http.MethodGet, pattern.Get
		case *annotations.HttpRule_Post:
			r.verb, r.path, r.body = http.MethodPost, pattern.Post, "{}"
		case *annotations.HttpRule_Put:
			r.verb, r.path, r.body = http.MethodPut, pattern.Put, "{}"
		default:
			t.Fatalf("%s: a verb that this test does not know", m.name())
		}
		r.path = pathVariable.ReplaceAllString(r.path, "0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e21")
		routes = append(routes, r)
	}
	return routes
}

// unserved are methods that are drawn and answer that nobody serves them.
var unserved = map[string]bool{}

// refusal is one that must stand in the audit.
type refusal struct{ method, role, bank, reason, transport string }

// TestAccessMatrix calls everything there is in every role, over both transports: who may is answered, perhaps that the request is
// malformed; everybody else is refused before it is looked at, and that is written down once.
func TestAccessMatrix(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	rows := map[string][]certs.Role{}
	for _, row := range access.Rows(true) {
		rows[row.Method] = row.Roles
	}
	methods := everyMethod(t, g)
	wanted := map[string]refusal{} // by request id
	calls := 0
	for role, name := range everyRole {
		conn, rest := g.Conn(name), doorOf(t, g, name)
		judge := func(method, transport string, a answer) {
			t.Helper()
			calls++
			may := slices.Contains(rows[method], role)
			if denied := a.code == codes.PermissionDenied && a.reason == "ACCESS_DENIED"; denied == may {
				t.Errorf("%s called %s over %s: %s", role, method, transport, a.refusedWith())
			}
			odd := []codes.Code{codes.Unauthenticated, codes.Unimplemented, codes.Internal, codes.Unknown, codes.Unavailable}
			if slices.Contains(odd, a.code) && (!may || a.code != codes.Unimplemented || !unserved[method]) {
				t.Errorf("%s called %s over %s: %s", role, method, transport, a.refusedWith())
			}
			// A bank may call the route of banks, but not that of another.
			if forbidden := a.http == http.StatusForbidden && a.reason != "CERTIFICATE_NOT_YOURS"; transport == "rest" && forbidden == may {
				t.Errorf("%s called %s over %s: HTTP %d", role, method, transport, a.http)
			}
			if a.code == codes.OK {
				return
			}
			if _, twice := wanted[a.id]; twice || a.id == "" {
				t.Errorf("%s called %s over %s: request id %q is not one of its own", role, method, transport, a.id)
			}
			wanted[a.id] = refusal{method, string(role), bankOf(role, name), a.reason, transport}
		}
		for _, m := range methods {
			judge(m.name(), "grpc", m.call(t, conn, newMessage(t, m.Input())))
			for _, r := range m.routes(t) {
				judge(m.name(), "rest", rest.call(r.verb, r.path, r.body))
			}
		}
		for _, page := range access.Pages() {
			judge(page, "rest", rest.call(http.MethodGet, strings.TrimPrefix(page, "GET "), ""))
		}
	}
	if calls < 4*(len(methods)+15) || len(methods) != len(rows)-len(access.Pages()) {
		t.Errorf("%d calls of %d methods; the table has %d rows", calls, len(methods), len(rows))
	}
	audited(t, g, wanted)
}

// bankOf is the id in the certificate of a bank; others have none.
func bankOf(role certs.Role, name string) string {
	if role == certs.RoleBank {
		return name
	}
	return ""
}

// audited compares the audit with the refusals, by request id: each stands there exactly once.
func audited(t *testing.T, g *gatewaytest.Gateway, wanted map[string]refusal) {
	t.Helper()
	found := map[string]int{}
	for _, line := range auditLines(t, g) {
		id := fmt.Sprint(line["request_id"])
		want, ok := wanted[id]
		if !ok {
			continue
		}
		found[id]++
		said := func(key string) string { return fmt.Sprint(line[key]) }
		if got := (refusal{said("method"), said("role"), said("bank"), said("reason"), said("transport")}); got != want {
			t.Errorf("the audit says %+v, want %+v", got, want)
		}
		if said("identified") != "true" || line["serial"] == "" || line["peer"] == "" {
			t.Errorf("the audit does not tell who called: %v", line)
		}
		if said("reached") != "false" && want.reason == "ACCESS_DENIED" {
			t.Errorf("a refused call reached its handler: %v", line)
		}
	}
	for id, want := range wanted {
		if found[id] != 1 {
			t.Errorf("%d audit lines for %+v", found[id], want)
		}
	}
}

// auditLines are the lines of the log that belong to the audit. Every line of the log must be one event.
func auditLines(t *testing.T, g *gatewaytest.Gateway) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for text := range strings.Lines(g.Log()) {
		line := map[string]any{}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Errorf("a line of the log is no event: %q", text)
			continue
		}
		if audit, ok := line["audit"].(bool); ok && audit {
			lines = append(lines, line)
		}
	}
	return lines
}
