package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/poruka/poruka/gateway/fault"
)

// Bounds of what is told about a body.
const (
	maxViolations = 20
	deepest       = 64 // levels of nesting; requests have four
)

// decodeJSON reads a body into a message: unknown and repeated fields are refused.
func decodeJSON(body []byte, into proto.Message) error {
	err := protojson.UnmarshalOptions{RecursionLimit: deepest}.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	d := diagnosis{decoder: json.NewDecoder(bytes.NewReader(body))}
	broken := d.message(into.ProtoReflect().Type(), "", 0)
	if broken != nil || len(d.found) == 0 {
		d.add("", "the body is not the JSON that this method takes")
	}
	refused := fault.Wrap(fault.Invalid, fault.FieldFormat, err)
	refused.Violations = d.found
	return refused
}

// diagnosis finds the fields at fault in a body that protojson has refused. Its error texts hold values and may be reworded, so they are
// neither shown nor read; a refused body is looked at a second time instead.
type diagnosis struct {
	decoder *json.Decoder
	found   []fault.Violation
}

func (d *diagnosis) add(field, text string) {
	if len(d.found) < maxViolations {
		d.found = append(d.found, fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text})
	}
}

// errSyntax is the end of a diagnosis: from here on the body makes no sense.
var errSyntax = errors.New("rest: not JSON")

// message reads an object. path is empty or ends with a dot.
func (d *diagnosis) message(kind protoreflect.MessageType, path string, depth int) error {
	if start, err := d.decoder.Token(); err != nil || start != json.Delim('{') || depth > deepest {
		return errSyntax
	}
	seen := map[protoreflect.FieldNumber]bool{}
	for d.decoder.More() {
		token, err := d.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return errSyntax
		}
		field := fieldNamed(kind.Descriptor().Fields(), name)
		if field == nil {
			d.add(path+shown(name), "there is no such field here")
			if err := d.decoder.Decode(new(json.RawMessage)); err != nil {
				return errSyntax
			}
			continue
		}
		if seen[field.Number()] {
			d.add(path+field.JSONName(), "is there twice")
		}
		seen[field.Number()] = true
		if err := d.value(kind, field, path+field.JSONName(), depth); err != nil {
			return err
		}
	}
	return d.end()
}

// value reads the value of a field: a message of ours is looked into, anything else is tried on its own.
func (d *diagnosis) value(kind protoreflect.MessageType, field protoreflect.FieldDescriptor, path string, depth int) error {
	var raw json.RawMessage
	if err := d.decoder.Decode(&raw); err != nil {
		return errSyntax
	}
	inner := field.Message()
	if inner == nil || field.IsMap() || inner.ParentFile().Package() != kind.Descriptor().ParentFile().Package() || string(raw) == "null" {
		alone := append([]byte(`{`+strconv.Quote(field.JSONName())+`:`), append(raw, '}')...)
		if protojson.Unmarshal(alone, kind.New().Interface()) != nil {
			d.add(path, "is not of the right form")
		}
		return nil
	}
	deeper := diagnosis{decoder: json.NewDecoder(bytes.NewReader(raw)), found: d.found}
	defer func() { d.found = deeper.found }()
	if field.IsList() {
		deeper.list(kind.New().NewField(field).List().NewElement().Message().Type(), path, depth)
		return nil
	}
	if deeper.message(kind.New().NewField(field).Message().Type(), path+".", depth+1) != nil {
		deeper.add(path, "must be an object")
	}
	return nil
}

// list reads a list of messages; what follows one that is none cannot be read.
func (d *diagnosis) list(kind protoreflect.MessageType, path string, depth int) {
	if start, err := d.decoder.Token(); err != nil || start != json.Delim('[') {
		d.add(path, "must be a list")
		return
	}
	for i := 0; d.decoder.More(); i++ {
		if d.message(kind, path+"["+strconv.Itoa(i)+"].", depth+1) != nil {
			d.add(path+"["+strconv.Itoa(i)+"]", "must be an object")
			return
		}
	}
}

// end reads the end of an object.
func (d *diagnosis) end() error {
	if _, err := d.decoder.Token(); err != nil {
		return errSyntax
	}
	return nil
}

// fieldNamed finds a field by its JSON name or, as protojson does, by the name in its proto.
func fieldNamed(fields protoreflect.FieldDescriptors, name string) protoreflect.FieldDescriptor {
	if field := fields.ByJSONName(name); field != nil {
		return field
	}
	return fields.ByName(protoreflect.Name(name))
}

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,63}$`)

// shown gives a name that a caller chose if it looks like one, so that nothing else is echoed.
func shown(name string) string {
	if nameForm.MatchString(name) {
		return name
	}
	return "?"
}
