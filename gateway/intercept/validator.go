package intercept

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// maxViolations bounds the answer to a message in which everything is wrong.
const maxViolations = 20

// Validator judges requests by the rules in their protos. It is safe for concurrent use.
type Validator struct {
	rules  protovalidate.Validator
	within protoreflect.FullName // the package whose messages have rules
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
	return &Validator{rules: rules, within: within}, nil
}

// Check refuses a message that breaks its rules, has fields that its proto does not, or holds a time that is none. All fields at fault
// are named at once, by their JSON paths. Messages of gRPC's own services have no rules. The error is a fault.
func (v *Validator) Check(m proto.Message) error {
	reflected := m.ProtoReflect()
	if reflected.Descriptor().FullName().Parent() != v.within {
		return nil
	}
	var found violations
	found.walk(reflected, "")
	if err := v.rules.Validate(m); err != nil {
		var broken *protovalidate.ValidationError
		if !errors.As(err, &broken) {
			return fault.Wrap(fault.Internal, fault.Defect, err)
		}
		for _, b := range broken.Violations {
			found.add(jsonPath(reflected.Descriptor(), b.Proto.GetField()), b.Proto.GetMessage())
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fault.InvalidFields(found...)
}

// violations gathers fields at fault.
type violations []fault.Violation

func (v *violations) add(field, text string) {
	if len(*v) < maxViolations {
		*v = append(*v, fault.Violation{Field: field, Reason: fault.FieldFormat, Text: text})
	}
}

// walk finds what the rules do not look at. A field that is not in the proto is refused: a newer client would believe that it had an
// effect. path is that of the message, empty or with a dot at its end.
func (v *violations) walk(m protoreflect.Message, path string) {
	if len(m.GetUnknown()) > 0 {
		v.add(strings.TrimSuffix(path, "."), "has a field that this version does not know")
	}
	if t, ok := m.Interface().(*timestamppb.Timestamp); ok {
		if !t.IsValid() {
			v.add(strings.TrimSuffix(path, "."), "must be a time between the years 1 and 9999")
		}
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				v.walk(value.List().Get(i).Message(), path+field.JSONName()+"["+strconv.Itoa(i)+"].")
			}
		default:
			v.walk(value.Message(), path+field.JSONName()+".")
		}
		return len(*v) < maxViolations
	})
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
