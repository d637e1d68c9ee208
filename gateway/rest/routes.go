package rest

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// Route is one way into a method, as the protos say.
type Route struct {
	Verb   string // GET, POST, PUT
	Path   string // with variables in braces, for example /v1/confirmations/{id}:withdraw
	Method protoreflect.MethodDescriptor
}

// RPC gives the full gRPC name of the method.
func (r Route) RPC() string {
	return fmt.Sprintf("/%s/%s", r.Method.Parent().FullName(), r.Method.Name())
}

// Routes lists every route, ordered by path and verb.
func Routes() ([]Route, error) {
	var routes []Route
	var errs []error
	protoregistry.GlobalFiles.RangeFilesByPackage(porukav1.File_poruka_v1_reasons_proto.Package(), func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				more, err := routesOf(methods.Get(j))
				routes, errs = append(routes, more...), append(errs, err)
			}
		}
		return true
	})
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Path+" "+a.Verb, b.Path+" "+b.Verb) })
	return routes, errors.Join(errs...)
}

func routesOf(method protoreflect.MethodDescriptor) ([]Route, error) {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil, nil
	}
	var routes []Route
	for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		verb, path := http.MethodGet, r.GetGet()
		switch {
		case r.GetPost() != "":
			verb, path = http.MethodPost, r.GetPost()
		case r.GetPut() != "":
			verb, path = http.MethodPut, r.GetPut()
		}
		if path == "" || (verb == http.MethodGet) != (r.GetBody() == "") || r.GetBody() != "" && r.GetBody() != "*" || method.IsStreamingClient() {
			return nil, fmt.Errorf("rest: the route of %s is of a kind that is not served", method.FullName())
		}
		routes = append(routes, Route{Verb: verb, Path: path, Method: method})
	}
	return routes, nil
}

var variable = regexp.MustCompile(`\\\{[a-z_]+\\\}`)

// allow gives the header Allow for a path that is served by other verbs.
func allow(routes []Route, path string) string {
	var verbs []string
	for _, r := range routes {
		form := "^" + variable.ReplaceAllString(regexp.QuoteMeta(r.Path), `[^/]+`) + "$"
		if ok, _ := regexp.MatchString(form, path); ok && !slices.Contains(verbs, r.Verb) {
			verbs = append(verbs, r.Verb)
		}
	}
	return strings.Join(verbs, ", ")
}
