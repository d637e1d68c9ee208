package intercept

import (
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// shape is what is known of a message. Messages of requests do not contain themselves.
type shape struct {
	compiled bool // all rules are, within as well
	tests    []fieldTest
	inner    []innerMessage
}

type fieldTest struct {
	field protoreflect.FieldDescriptor
	test  test
}

// innerMessage is a field that holds a message, or messages.
type innerMessage struct {
	field    protoreflect.FieldDescriptor
	shape    *shape
	time     bool // a google.protobuf.Timestamp
	required bool
}

func shapeOf(m protoreflect.MessageDescriptor) *shape {
	s := &shape{compiled: !hasRules(m.Options(), validate.E_Message)}
	for i := range m.Oneofs().Len() {
		s.compiled = s.compiled && !hasRules(m.Oneofs().Get(i).Options(), validate.E_Oneof)
	}
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		test, required, ok := testOf(field)
		s.compiled = s.compiled && ok && (!required || field.Message() != nil && !field.IsList())
		if test != nil {
			s.tests = append(s.tests, fieldTest{field, test})
		}
		if field.Message() != nil && !field.IsMap() {
			inner := innerMessage{
				field: field, shape: shapeOf(field.Message()), required: required, time: field.Message().FullName() == "google.protobuf.Timestamp",
			}
			s.compiled = s.compiled && inner.shape.compiled
			s.inner = append(s.inner, inner)
		}
	}
	return s
}

func hasRules(options proto.Message, extension protoreflect.ExtensionType) bool {
	return options != nil && proto.HasExtension(options, extension)
}

// good reports whether a message has only fields of its proto, only times that are times, and keeps the rules that are compiled.
func (s *shape) good(m protoreflect.Message) bool {
	if len(m.GetUnknown()) > 0 {
		return false
	}
	for i := range s.tests {
		if s.tests[i].test(m.Get(s.tests[i].field)) != "" {
			return false
		}
	}
	for i := range s.inner {
		inner := &s.inner[i]
		if !m.Has(inner.field) {
			if inner.required {
				return false
			}
			continue
		}
		value := m.Get(inner.field)
		if !inner.field.IsList() {
			if !inner.good(value.Message()) {
				return false
			}
			continue
		}
		for n := range value.List().Len() {
			if !inner.good(value.List().Get(n).Message()) {
				return false
			}
		}
	}
	return true
}

func (inner *innerMessage) good(m protoreflect.Message) bool {
	return inner.soundTime(m) && inner.shape.good(m)
}

func (inner *innerMessage) soundTime(m protoreflect.Message) bool {
	if !inner.time {
		return true
	}
	t, ok := m.Interface().(*timestamppb.Timestamp)
	return ok && t.IsValid()
}

// explain names what good has found. A field that is not in the proto is refused: a newer client would believe that it had an effect. path
// is that of the message, empty or with a dot at its end.
func (v *violations) explain(m protoreflect.Message, s *shape, path string) {
	if len(m.GetUnknown()) > 0 {
		v.add(strings.TrimSuffix(path, "."), "has a field that this version does not know")
	}
	for i := range s.tests {
		if text := s.tests[i].test(m.Get(s.tests[i].field)); text != "" {
			v.add(path+s.tests[i].field.JSONName(), text)
		}
	}
	for i := range s.inner {
		inner := &s.inner[i]
		if !m.Has(inner.field) {
			if inner.required {
				v.add(path+inner.field.JSONName(), "is required")
			}
			continue
		}
		value := m.Get(inner.field)
		if !inner.field.IsList() {
			v.explainOne(value.Message(), inner, path, -1)
			continue
		}
		for n := 0; n < value.List().Len() && len(*v) < maxViolations; n++ {
			v.explainOne(value.List().Get(n).Message(), inner, path, n)
		}
	}
}

// explainOne explains a message within another; index is its place in a list, otherwise -1.
func (v *violations) explainOne(m protoreflect.Message, inner *innerMessage, path string, index int) {
	if inner.good(m) {
		return
	}
	path += inner.field.JSONName()
	if index >= 0 {
		path += "[" + strconv.Itoa(index) + "]"
	}
	if !inner.soundTime(m) {
		v.add(path, "must be a time between the years 1 and 9999")
	}
	v.explain(m, inner.shape, path+".")
}
