// Command deps writes the third-party .proto files that Poruka's own ones import, so that they need not be kept in the repository.
//
// It prints them from the descriptors linked into the Go packages that the gateway is built with. The text is therefore always the
// definition the running code uses: there is no second version to pin and nothing to download. Linked descriptors carry no comments,
// so neither do the printed files.
//
//	go run ./proto/deps third_party/proto
//
// The directory is emptied first. The google/protobuf files are left out: the compiler brings them. The command must not import
// packages generated from our own protos, since it runs before they exist.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	openapiv2 "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2/options"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func main() {
	if len(os.Args) != 2 || strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintln(os.Stderr, "usage: deps DIRECTORY    (for example third_party/proto; it is emptied first)")
		os.Exit(2)
	}
	files := closure(
		annotations.File_google_api_annotations_proto,
		annotations.File_google_api_client_proto,
		annotations.File_google_api_field_behavior_proto,
		annotations.File_google_api_resource_proto,
		code.File_google_rpc_code_proto,
		errdetails.File_google_rpc_error_details_proto,
		httpbody.File_google_api_httpbody_proto,
		openapiv2.File_protoc_gen_openapiv2_options_annotations_proto,
		status.File_google_rpc_status_proto,
		validate.File_buf_validate_validate_proto,
	)
	if err := write(os.Args[1], files); err != nil {
		fmt.Fprintln(os.Stderr, "deps:", err)
		os.Exit(1)
	}
}

// closure returns roots and everything they import, each once, without the google/protobuf files.
func closure(roots ...protoreflect.FileDescriptor) []protoreflect.FileDescriptor {
	var found []protoreflect.FileDescriptor
	var visit func(protoreflect.FileDescriptor)
	visit = func(file protoreflect.FileDescriptor) {
		seen := slices.ContainsFunc(found, func(f protoreflect.FileDescriptor) bool { return f.Path() == file.Path() })
		if seen || strings.HasPrefix(file.Path(), "google/protobuf/") {
			return
		}
		found = append(found, file)
		for i := range file.Imports().Len() {
			visit(file.Imports().Get(i).FileDescriptor)
		}
	}
	for _, root := range roots {
		visit(root)
	}
	return found
}

// write empties dir and prints files into it, each under its import path.
func write(dir string, files []protoreflect.FileDescriptor) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("empty the directory: %w", err)
	}
	printer := protoprint.Printer{}
	for _, file := range files {
		var text strings.Builder
		if err := printer.PrintProtoFile(file, &text); err != nil {
			return fmt.Errorf("print %s: %w", file.Path(), err)
		}
		path := filepath.Join(dir, filepath.FromSlash(file.Path()))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make room for %s: %w", file.Path(), err)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", file.Path(), err)
		}
	}
	return nil
}
