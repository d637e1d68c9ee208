package intercept

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// shape lists the fields of a message that hold messages, so that the others need not be looked at. Messages of requests do not
// contain themselves.
type shape struct {
	inner []innerMessage
}

type innerMessage struct {
	field protoreflect.FieldDescriptor
	shape *shape
	time  bool // a google.protobuf.Timestamp
}

func shapeOf(m protoreflect.MessageDescriptor) *shape {
	s := &shape{}
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		if field.Message() == nil || field.IsMap() {
			continue
		}
		s.inner = append(s.inner, innerMessage{
			field: field, shape: shapeOf(field.Message()), time: field.Message().FullName() == "google.protobuf.Timestamp",
		})
	}
	return s
}

// plain reports whether a message has only fields of its proto, and only times that are times. A field that is not in the proto is
// refused: a newer client would believe that it had an effect.
func (s *shape) plain(m protoreflect.Message) bool {
	if len(m.GetUnknown()) > 0 {
		return false
	}
	for i := range s.inner {
		inner := &s.inner[i]
		if !m.Has(inner.field) {
			continue
		}
		value := m.Get(inner.field)
		if !inner.field.IsList() {
			if !inner.plain(value.Message()) {
				return false
			}
			continue
		}
		for n := range value.List().Len() {
			if !inner.plain(value.List().Get(n).Message()) {
				return false
			}
		}
	}
	return true
}

func (inner *innerMessage) plain(m protoreflect.Message) bool { return inner.soundTime(m) && inner.shape.plain(m) }

func (inner *innerMessage) soundTime(m protoreflect.Message) bool {
	if !inner.time {
		return true
	}
	t, ok := m.Interface().(*timestamppb.Timestamp)
	return ok && t.IsValid()
}

// explain names what plain found. path is that of the message, empty or with a dot at its end.
func (v *violations) explain(m protoreflect.Message, s *shape, path string) {
	if len(m.GetUnknown()) > 0 {
		v.add(strings.TrimSuffix(path, "."), "has a field that this version does not know")
	}
	for i := range s.inner {
		inner := &s.inner[i]
		if !m.Has(inner.field) {
			continue
		}
		value, here := m.Get(inner.field), path+inner.field.JSONName()
		if !inner.field.IsList() {
			v.explainOne(value.Message(), inner, here)
			continue
		}
		for n := range value.List().Len() {
			v.explainOne(value.List().Get(n).Message(), inner, here+"["+strconv.Itoa(n)+"]")
		}
	}
}

func (v *violations) explainOne(m protoreflect.Message, inner *innerMessage, path string) {
	if !inner.soundTime(m) {
		v.add(path, "must be a time between the years 1 and 9999")
	}
	v.explain(m, inner.shape, path+".")
}
