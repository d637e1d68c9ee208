package intercept

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// Every rule that is in use is compiled; a request with a rule of another kind would pay for protovalidate without anybody noticing.
func TestAllRulesAreCompiled(t *testing.T) {
	v, err := NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	if len(v.shapes) < 15 {
		t.Fatalf("%d requests", len(v.shapes))
	}
	for name, s := range v.shapes {
		checkCompiled(t, string(name), s)
	}
}

func checkCompiled(t *testing.T, path string, s *shape) {
	t.Helper()
	if !s.compiled {
		t.Errorf("%s has a rule that is not compiled", path)
	}
	for _, inner := range s.inner {
		checkCompiled(t, path+"."+inner.field.JSONName(), inner.shape)
	}
}

// FuzzRules makes requests of all kinds from bytes: the compiled rules and protovalidate must find the same fields at fault.
func FuzzRules(f *testing.F) {
	v, err := NewValidator()
	if err != nil {
		f.Fatal(err)
	}
	var kinds []protoreflect.MessageType
	for name := range v.shapes {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
		if err != nil {
			f.Fatal(err)
		}
		kinds = append(kinds, kind)
	}
	for _, seed := range seeds() {
		bytes, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		for _, kind := range kinds {
			m := kind.New()
			if proto.Unmarshal(bytes, m.Interface()) != nil {
				continue
			}
			compare(t, v, m.Interface())
		}
	})
}

// compare has both judge a message.
func compare(t *testing.T, v *Validator, m proto.Message) {
	t.Helper()
	form := v.shapes[m.ProtoReflect().Descriptor().FullName()]
	var ours, theirs violations
	ours.explain(m.ProtoReflect(), form, "")
	ours = slices.DeleteFunc(ours, func(one fault.Violation) bool { // protovalidate has no rule for these
		return strings.Contains(one.Text, "between the years") || strings.Contains(one.Text, "does not know")
	})
	if err := v.ask(m, &theirs); err != nil {
		t.Fatal(err)
	}
	if got, want := fieldsOf(ours), fieldsOf(theirs); len(ours) < maxViolations && len(theirs) < maxViolations && !slices.Equal(got, want) {
		t.Errorf("%s: compiled rules name %q, protovalidate %q", m.ProtoReflect().Descriptor().FullName(), got, want)
	}
	if form.good(m.ProtoReflect()) && len(theirs) > 0 {
		t.Errorf("%s: taken, though %q", m.ProtoReflect().Descriptor().FullName(), fieldsOf(theirs))
	}
}

// seeds are requests at the edges of their rules.
func seeds() []proto.Message {
	id := "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"
	long := strings.Repeat("ё", 100)
	confirm := &porukav1.ConfirmIdentityRequest{
		RequestId: id, Person: &porukav1.Person{FamilyName: long, Passport: &porukav1.Passport{Series: strings.Repeat("4", 20)}, Sex: 2},
		BankAccount: &porukav1.BankAccount{}, Authentication: &porukav1.Authentication{Method: 1}, Consent: &porukav1.Consent{},
	}
	longer := proto.CloneOf(confirm)
	longer.Person.FamilyName += "ё"
	return []proto.Message{
		confirm, longer, &porukav1.ConfirmIdentitiesRequest{Request: confirm},
		&porukav1.PutAccountRequest{Id: strings.ToUpper(id), Level: 8, Profile: &porukav1.Profile{}, ExpectedVersion: -1},
		&porukav1.ImportAccountsRequest{Rows: make([]*porukav1.ImportRow, 257)},
		&porukav1.RecordConfirmationRequest{Id: id, RequestId: id[:35], Method: 1},
		&porukav1.ListRecordsRequest{PageSize: -1, Outcome: 99, PageToken: strings.Repeat("x", 201)},
		&porukav1.SuspendPartnerRequest{Id: strings.Repeat("x", 40)},
		&porukav1.ConfirmStyledRequest{Bank: "vtb", Body: make([]byte, 65536), ContentType: strings.Repeat("x", 128)},
		&porukav1.ConfirmStyledRequest{Body: make([]byte, 65537), Headers: []*porukav1.StyledHeader{{Name: "x"}, {Value: strings.Repeat("ё", 16385)}}},
		&porukav1.ConfirmStyledRequest{Bank: "vtb", Headers: make([]*porukav1.StyledHeader, 33)},
	}
}

func TestRulesAgree(t *testing.T) {
	v, err := NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range seeds() {
		compare(t, v, m)
	}
}

func fieldsOf(v violations) []string {
	var fields []string
	for _, one := range v {
		fields = append(fields, one.Field)
	}
	slices.Sort(fields)
	return fields
}

// TestRulesAgreeOnRandomRequests walks along the edges, which bytes seldom hit.
func TestRulesAgreeOnRandomRequests(t *testing.T) {
	v, err := NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name := range v.shapes {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
		if err != nil {
			t.Fatal(err)
		}
		good := 0
		for range 200 {
			m := kind.New()
			fill(random, m)
			compare(t, v, m.Interface())
			if v.shapes[name].good(m) {
				good++
			}
		}
		if good == 200 && len(v.shapes[name].tests) > 0 {
			t.Errorf("%s: nothing was wrong 200 times", name)
		}
	}
}

// fill sets some fields to values at the edges of some rule.
func fill(random *rand.Rand, m protoreflect.Message) {
	lengths := []int{0, 1, 3, 4, 10, 11, 20, 21, 32, 33, 36, 40, 41, 100, 101, 200, 201, 254, 255, 300, 301}
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if random.IntN(10) == 0 {
			continue
		}
		switch {
		case field.IsList() && field.Message() != nil:
			items := random.IntN(3)
			if random.IntN(100) == 0 {
				items = 255 + random.IntN(3)
			}
			for range items {
				fill(random, m.Mutable(field).List().AppendMutable().Message())
			}
		case field.IsMap() || field.IsList():
		case field.Message() != nil:
			if field.Message().FullName() == "google.protobuf.Timestamp" {
				m.Mutable(field)
				continue
			}
			fill(random, m.Mutable(field).Message())
		case field.Kind() == protoreflect.StringKind:
			text := strings.Repeat([]string{"x", "ё", "\U0001F600"}[random.IntN(3)], lengths[random.IntN(len(lengths))])
			if random.IntN(3) > 0 {
				text = []string{"7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69", "7B0C1E9E-6a5f-4a52-9f0c-1f2d3c4b5a69", "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a6g", "7b0c1e9e6-a5f-4a52-9f0c-1f2d3c4b5a69"}[random.IntN(4)]
			}
			m.Set(field, protoreflect.ValueOfString(text))
		case field.Kind() == protoreflect.EnumKind:
			m.Set(field, protoreflect.ValueOfEnum(protoreflect.EnumNumber(random.IntN(11)-1)))
		case field.Kind() == protoreflect.Int32Kind:
			m.Set(field, protoreflect.ValueOfInt32(int32(random.IntN(3)-1)))
		case field.Kind() == protoreflect.Int64Kind:
			m.Set(field, protoreflect.ValueOfInt64(int64(random.IntN(3)-1)))
		}
	}
}
