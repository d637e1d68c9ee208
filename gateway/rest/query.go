package rest

import (
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// nothing filters nothing.
var nothing = utilities.NewDoubleArray(nil)

// decodeQuery reads query parameters into a message. Unlike grpc-gateway's own reading, an unknown or repeated parameter is refused.
func decodeQuery(raw string, into proto.Message) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return malformed("", "the query is not well-formed")
	}
	fields := into.ProtoReflect().Descriptor().Fields()
	for name, given := range values {
		field := fieldNamed(fields, name)
		switch {
		case field == nil:
			return malformed(shown(name), "there is no such parameter")
		case len(given) != 1 && !field.IsList():
			return malformed(name, "must be given once")
		}
		if field.Kind() == protoreflect.EnumKind {
			given[0] = strings.ToUpper(given[0])
		}
		if err := (&runtime.DefaultQueryParser{}).Parse(into, url.Values{name: given}, nothing); err != nil {
			return malformed(name, "is not of the right form")
		}
	}
	return nil
}

func fieldNamed(fields protoreflect.FieldDescriptors, name string) protoreflect.FieldDescriptor {
	if field := fields.ByJSONName(name); field != nil {
		return field
	}
	return fields.ByName(protoreflect.Name(name))
}
