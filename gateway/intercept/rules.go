package intercept

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A test is the rules of one field. It gives what is wanted of the value, and nothing when the value is so.
//
// Protovalidate takes a tenth of a call to find a good request good, and more for a bad one. So the rules that are in use are compiled
// here; a message with a rule of another kind is judged by protovalidate itself. A fuzz test compares the two.
type test func(protoreflect.Value) string

// testOf makes the test of a field, nil when it has none. ok is false when some rule is of a kind that is not compiled.
func testOf(field protoreflect.FieldDescriptor) (t test, required, ok bool) {
	rules, found := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	if !found || rules == nil {
		return nil, false, true
	}
	if field.HasPresence() && field.Message() == nil || field.ContainingOneof() != nil || field.IsMap() {
		return nil, false, false
	}
	left := proto.CloneOf(rules) // each test clears the rules that it has taken
	required, left.Required = left.GetRequired(), nil
	switch single := !field.IsList(); {
	case single && left.HasString():
		t = textTest(left.GetString())
	case single && left.HasBytes():
		t = bytesTest(left.GetBytes())
	case single && left.HasEnum():
		t = enumTest(field.Enum(), left.GetEnum())
	case single && left.HasInt32():
		t = int32Test(left.GetInt32())
	case single && left.HasInt64():
		t = int64Test(left.GetInt64())
	case left.HasRepeated():
		t = listTest(left.GetRepeated())
	}
	return t, required, nothingIn(left.ProtoReflect())
}

// nothingIn reports whether no rule is left, at any depth.
func nothingIn(left protoreflect.Message) bool {
	empty := len(left.GetUnknown()) == 0
	left.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		empty = empty && field.Message() != nil && !field.IsList() && !field.IsMap() && nothingIn(value.Message())
		return empty
	})
	return empty
}

func textTest(r *validate.StringRules) test {
	least, most, uuid := r.GetMinLen(), uint64(1<<62), r.GetUuid()
	if r.HasMaxLen() {
		most = r.GetMaxLen()
	}
	r.ClearMinLen()
	r.ClearMaxLen()
	if uuid {
		r.ClearUuid()
	}
	tooShort := fmt.Sprintf("must have at least %d characters", least)
	tooLong := fmt.Sprintf("must have at most %d characters", most)
	return func(v protoreflect.Value) string {
		text := v.String()
		n := uint64(len(text))
		if n > most || n < utf8.UTFMax*least { // otherwise the bytes tell enough
			n = uint64(utf8.RuneCountInString(text)) //nolint:gosec // a length is not negative
		}
		switch {
		case uuid && !isUUID(text):
			return "must be a UUID"
		case n < least:
			return tooShort
		case n > most:
			return tooLong
		default:
			return ""
		}
	}
}

func bytesTest(r *validate.BytesRules) test {
	if !r.HasMaxLen() {
		return nil
	}
	most := r.GetMaxLen()
	r.ClearMaxLen()
	text := fmt.Sprintf("must have at most %d bytes", most)
	return func(v protoreflect.Value) string {
		if uint64(len(v.Bytes())) > most {
			return text
		}
		return ""
	}
}

// isUUID reports whether a text has the form of a UUID.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

func enumTest(enum protoreflect.EnumDescriptor, r *validate.EnumRules) test {
	defined, in, notIn := r.GetDefinedOnly(), r.GetIn(), r.GetNotIn()
	r.ClearDefinedOnly()
	r.In, r.NotIn = nil, nil
	return func(v protoreflect.Value) string {
		n := v.Enum()
		switch {
		case defined && enum.Values().ByNumber(n) == nil:
			return "must be one of the values of this field"
		case len(in) > 0 && !slices.Contains(in, int32(n)), slices.Contains(notIn, int32(n)):
			return "must be one of the values that this method takes"
		default:
			return ""
		}
	}
}

func int32Test(r *validate.Int32Rules) test {
	if !r.HasGte() {
		return nil
	}
	least := int64(r.GetGte())
	r.ClearGte()
	return atLeast(least)
}

func int64Test(r *validate.Int64Rules) test {
	if !r.HasGte() {
		return nil
	}
	least := r.GetGte()
	r.ClearGte()
	return atLeast(least)
}

func atLeast(least int64) test {
	text := fmt.Sprintf("must be at least %d", least)
	return func(v protoreflect.Value) string {
		if v.Int() < least {
			return text
		}
		return ""
	}
}

func listTest(r *validate.RepeatedRules) test {
	least, most := r.GetMinItems(), uint64(1<<62)
	if r.HasMaxItems() {
		most = r.GetMaxItems()
	}
	r.ClearMinItems()
	r.ClearMaxItems()
	text := fmt.Sprintf("must have %d to %d items", least, most)
	return func(v protoreflect.Value) string {
		if n := uint64(v.List().Len()); n < least || n > most { //nolint:gosec // a length is not negative
			return text
		}
		return ""
	}
}
