package rest

import (
	"regexp"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/poruka/poruka/gateway/fault"
)

// Words of protojson's errors that name a field. Its texts may hold values, so nothing else of them is shown.
var (
	unknownField = regexp.MustCompile(`unknown field "([A-Za-z][A-Za-z0-9_]{0,63})"`)
	knownField   = regexp.MustCompile(`(?:duplicate field "|for \w+ field |field )([A-Za-z][A-Za-z0-9_]{0,63})`)
	fieldName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,63}$`)
)

// jsonFault says which field of a body is at fault, as far as that can be told without its value.
func jsonFault(err error, message protoreflect.MessageDescriptor) error {
	text := err.Error()
	if m := unknownField.FindStringSubmatch(text); m != nil {
		return refusedField(err, m[1], "there is no such field here")
	}
	if m := knownField.FindStringSubmatch(text); m != nil {
		if paths := pathsTo(message, m[1], "", nil); len(paths) == 1 {
			return refusedField(err, paths[0], "is not of the right form, or is there twice")
		}
	}
	return refusedField(err, "", "the body is not the JSON that this method takes")
}

func refusedField(cause error, field, text string) error {
	f := fault.Wrap(fault.Invalid, fault.FieldFormat, cause)
	f.Violations = []fault.Violation{{Field: field, Reason: fault.FieldFormat, Text: text}}
	return f
}

// pathsTo lists the paths in a message that end with a name.
func pathsTo(message protoreflect.MessageDescriptor, name, prefix string, paths []string) []string {
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		path := prefix + field.JSONName()
		if field.JSONName() == name || string(field.Name()) == name {
			paths = append(paths, path)
		}
		if inner := field.Message(); inner != nil && inner.ParentFile().Package() == message.ParentFile().Package() {
			paths = pathsTo(inner, name, path+".", paths)
		}
	}
	return paths
}

// shown gives a name that a caller chose if it looks like one, so that nothing else is echoed.
func shown(name string) string {
	if fieldName.MatchString(name) {
		return name
	}
	return ""
}
