package intercept

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// maxViolations bounds the answer to a message in which everything is wrong.
const maxViolations = 20

// Validator judges requests by the rules in their protos. It is safe for concurrent use.
type Validator struct {
	rules  protovalidate.Validator
	shapes map[protoreflect.FullName]*shape // of every request
}

// NewValidator prepares the rules of every request of every service, so that no call pays for it and a bad rule stops the start.
func NewValidator() (*Validator, error) {
	within := porukav1.File_poruka_v1_reasons_proto.Package()
	var requests []protoreflect.MessageDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(within, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				requests = append(requests, methods.Get(j).Input())
			}
		}
		return true
	})
	rules, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, fmt.Errorf("intercept: rules of the requests: %w", err)
	}
	v := &Validator{rules: rules, shapes: make(map[protoreflect.FullName]*shape, len(requests))}
	for _, r := range requests {
		v.shapes[r.FullName()] = shapeOf(r)
	}
	return v, nil
}

// Check refuses a message that breaks its rules, has fields that its proto does not, or holds a time that is none. All fields at fault
// are named at once, by their JSON paths. Messages that are no request of ours, such as those of the health service, pass. The error is a fault.
func (v *Validator) Check(m proto.Message) error {
	reflected := m.ProtoReflect()
	form, ok := v.shapes[reflected.Descriptor().FullName()]
	if !ok {
		return nil
	}
	good := form.good(reflected)
	if good && form.compiled {
		return nil
	}
	var found violations
	if !good {
		found.explain(reflected, form, "")
	}
	if !form.compiled {
		if err := v.ask(m, &found); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fault.InvalidFields(found...)
}

// ask has protovalidate judge a message.
func (v *Validator) ask(m proto.Message, found *violations) error {
	err := v.rules.Validate(m)
	var broken *protovalidate.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &broken):
		return fault.Wrap(fault.Internal, fault.Defect, err)
	}
	for _, b := range broken.Violations {
		found.add(jsonPath(m.ProtoReflect().Descriptor(), b.Proto.GetField()), b.Proto.GetMessage())
	}
	return nil
}

// violations gathers fields at fault.
type violations []fault.Violation

func (v *violations) add(field, text string) {
	said := slices.ContainsFunc(*v, func(one fault.Violation) bool { return one.Field == field })
	if len(*v) < maxViolations && !said {
		*v = append(*v, fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text})
	}
}

// jsonPath writes a path in the names that REST callers use, for example rows[3].account.id.
func jsonPath(m protoreflect.MessageDescriptor, path *validate.FieldPath) string {
	var b strings.Builder
	for _, element := range path.GetElements() {
		name := element.GetFieldName()
		if m != nil {
			if field := m.Fields().ByName(protoreflect.Name(name)); field != nil {
				name, m = field.JSONName(), field.Message()
			}
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
		if element.HasIndex() {
			b.WriteString("[" + strconv.FormatUint(element.GetIndex(), 10) + "]")
		}
	}
	return b.String()
}
