package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/poruka/poruka/api"
	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

var update = flag.Bool("update", false, "write testdata/contract.txt anew")

// What independent clients are written against: methods, routes and reasons. A line that is gone, or changed, breaks them; a new line is
// an extension. Write the list anew with go test ./api -update and read the difference.
func TestContract(t *testing.T) {
	const file = "testdata/contract.txt"
	got := strings.Join(slices.Concat(methods(), reasons()), "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	has, had := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for _, line := range had {
		if !slices.Contains(has, line) {
			t.Errorf("gone: %s", line)
		}
	}
	for _, line := range has {
		if !slices.Contains(had, line) {
			t.Errorf("new: %s", line)
		}
	}
}

// services calls f for every method, ordered by name.
func services(f func(protoreflect.MethodDescriptor)) {
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(porukav1.File_poruka_v1_reasons_proto.Package(), func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			for j := range file.Services().Get(i).Methods().Len() {
				all = append(all, file.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b protoreflect.MethodDescriptor) int {
		return strings.Compare(string(a.FullName()), string(b.FullName()))
	})
	for _, m := range all {
		f(m)
	}
}

func methods() (lines []string) {
	services(func(m protoreflect.MethodDescriptor) {
		lines = append(lines, fmt.Sprintf("method %s(%s%s) returns (%s%s)", m.FullName(),
			stream(m.IsStreamingClient()), m.Input().FullName(), stream(m.IsStreamingServer()), m.Output().FullName()))
	})
	services(func(m protoreflect.MethodDescriptor) {
		if verb, path, body := route(m); path != "" {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("route %s %s %s %s", verb, path, m.FullName(), body)))
		}
	})
	return lines
}

func stream(is bool) string {
	if is {
		return "stream "
	}
	return ""
}

func route(m protoreflect.MethodDescriptor) (verb, path, body string) {
	rule, ok := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	switch {
	case !ok || rule == nil:
		return "", "", ""
	case rule.GetGet() != "":
		return "GET", rule.GetGet(), ""
	case rule.GetPost() != "":
		return "POST", rule.GetPost(), "body " + rule.GetBody()
	default:
		return "PUT", rule.GetPut(), "body " + rule.GetBody()
	}
}

func reasons() (lines []string) {
	values := porukav1.Reason_CODE_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		lines = append(lines, fmt.Sprintf("reason %d %s", values.Get(i).Number(), values.Get(i).Name()))
	}
	return lines
}

// The descriptions that are embedded are those of these routes.
func TestDescriptions(t *testing.T) {
	for name, text := range map[string][]byte{"OpenAPI": api.OpenAPI, "Swagger": api.Swagger} {
		var description struct {
			Paths map[string]map[string]any
		}
		if err := json.Unmarshal(text, &description); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		described := 0
		for _, verbs := range description.Paths {
			described += len(verbs)
		}
		services(func(m protoreflect.MethodDescriptor) {
			verb, path, _ := route(m)
			if path == "" {
				return
			}
			described--
			if description.Paths[path][strings.ToLower(verb)] == nil {
				t.Errorf("%s does not describe %s %s", name, verb, path)
			}
		})
		if described != 0 {
			t.Errorf("%s describes %d routes that do not exist", name, described)
		}
	}
}

// Names in JSON are lowerCamelCase, and enums begin with an unspecified zero.
func TestNames(t *testing.T) {
	protoregistry.GlobalFiles.RangeFilesByPackage(porukav1.File_poruka_v1_reasons_proto.Package(), func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			checkNames(t, file.Messages().Get(i))
		}
		return true
	})
}

func checkNames(t *testing.T, m protoreflect.MessageDescriptor) {
	t.Helper()
	for i := range m.Fields().Len() {
		if name := m.Fields().Get(i).JSONName(); strings.Contains(name, "_") || name[0] < 'a' || name[0] > 'z' {
			t.Errorf("%s.%s", m.FullName(), name)
		}
	}
	for i := range m.Enums().Len() {
		if zero := m.Enums().Get(i).Values().ByNumber(0); zero == nil || !strings.HasSuffix(string(zero.Name()), "_UNSPECIFIED") {
			t.Errorf("%s has no unspecified zero", m.Enums().Get(i).FullName())
		}
	}
	for i := range m.Messages().Len() {
		checkNames(t, m.Messages().Get(i))
	}
}
