package rest

import (
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/poruka/poruka/gateway/fault"
)

// decodeQuery reads the query of a GET into a message. Unlike grpc-gateway's own reading it refuses what is unknown, given twice, or set
// by the path already; names of enum values may be in lower case.
func decodeQuery(raw string, into, path proto.Message) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return malformed("the query is not well-formed")
	}
	var wrong []fault.Violation
	seen := map[protoreflect.FieldNumber]bool{}
	for name, given := range values {
		field := fieldNamed(into.ProtoReflect().Descriptor().Fields(), name)
		var text string // what is wrong
		switch {
		case field == nil || path.ProtoReflect().Has(field):
			name, text = shown(name), "there is no such parameter"
		case len(given) != 1 || seen[field.Number()]:
			text = "must be given once"
		default:
			seen[field.Number()] = true
			text = decodeParameter(field, given[0], into)
		}
		if text != "" && len(wrong) < maxViolations {
			wrong = append(wrong, fault.Violation{Field: name, Reason: fault.FieldFormat, Text: text})
		}
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

// decodeParameter sets one field and says what is wrong with the value, if anything is.
func decodeParameter(field protoreflect.FieldDescriptor, value string, into proto.Message) string {
	if field.Kind() == protoreflect.EnumKind {
		value = strings.ToUpper(value)
	}
	none := utilities.NewDoubleArray(nil)
	parser := runtime.DefaultQueryParser{}
	if parser.Parse(into, url.Values{string(field.Name()): {value}}, none) != nil {
		return "is not of the right form"
	}
	return ""
}
