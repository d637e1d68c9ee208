package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// odd is a body and the fields that an answer must name. A body without a field at fault is taken.
type odd struct{ body, fields string }

// oddClaims are bodies of a confirmation, made of a good one.
func oddClaims(good string) map[string]odd {
	change := func(old, put string) string {
		if !strings.Contains(good, old) {
			panic("nothing to change: " + old)
		}
		return strings.Replace(good, old, put, 1)
	}
	deep := func(open, end string, depth int) string {
		return strings.Repeat(open, depth) + strings.Repeat(end, depth)
	}
	return map[string]odd{
		"as it is":                     {good, ""},
		"in the proto's names":         {change(`"requestId"`, `"request_id"`), ""},
		"enum by number":               {change(`"SMS_CODE"`, `1`), ""},
		"blanks":                       {" \n\t" + change(`:`, " :\r\n "), ""},
		"escaped letters":              {change(`"requestId"`, `"request\u0049d"`), ""},
		"unknown field":                {change(`{`, `{"role":"operator",`), "role"},
		"unknown field within":         {change(`"person":{`, `"person":{"sernils":1,`), "person.sernils"},
		"unknown field deep within":    {change(`"passport":{`, `"passport":{"x":{},`), "person.passport.x"},
		"unknown field of type":        {change(`{`, `{"@type":"type.googleapis.com/google.protobuf.Empty",`), "?"},
		"field twice":                  {change(`{`, `{"dryRun":false,`), "dryRun"},
		"field twice, in other words":  {change(`{`, `{"request_id":"0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e21",`), "requestId"},
		"field twice within":           {change(`"person":{`, `"person":{"snils":"1",`), "person.snils"},
		"case of a field":              {change(`"requestId"`, `"RequestId"`), "RequestId"},
		"case of an enum":              {change(`"SMS_CODE"`, `"sms_code"`), "authentication.method"},
		"enum that is none":            {change(`"SMS_CODE"`, `"CARRIER_PIGEON"`), "authentication.method"},
		"enum by a number of nobody":   {change(`"SMS_CODE"`, `99`), "authentication.method"},
		"enum by a number too large":   {change(`"SMS_CODE"`, `4294967297`), "authentication.method"},
		"enum by a fraction":           {change(`"SMS_CODE"`, `1.5`), "authentication.method"},
		"enum that says nothing":       {change(`"SMS_CODE"`, `"METHOD_UNSPECIFIED"`), "authentication.method"},
		"bool as text":                 {change(`"dryRun":true`, `"dryRun":"true"`), "dryRun"},
		"bool as number":               {change(`"dryRun":true`, `"dryRun":1`), "dryRun"},
		"not a number":                 {change(`"dryRun":true`, `"dryRun":NaN`), ""},
		"number without end":           {change(`"dryRun":true`, `"dryRun":`+strings.Repeat("9", 20000)), "dryRun"},
		"number beyond all":            {change(`"dryRun":true`, `"dryRun":1e999999999`), "dryRun"},
		"text as number":               {change(`"requestId":"`, `"requestId":12,"x":"`), "requestId x"},
		"null for what must be":        {change(`"person":{`, `"person":null,"x":{`), "x"},
		"text for an object":           {change(`"person":{`, `"person":"","x":{`), "person x"},
		"list for an object":           {change(`"person":{`, `"person":[],"x":{`), "person x"},
		"time that is none":            {change(`"dryRun":true`, `"dryRun":true,"sendTime":"tomorrow"`), "sendTime"},
		"time as number":               {change(`"dryRun":true`, `"dryRun":true,"sendTime":1`), "sendTime"},
		"time beyond all":              {change(`"dryRun":true`, `"dryRun":true,"sendTime":"10000-01-01T00:00:00Z"`), "sendTime"},
		"NUL in a name":                {change(`"familyName":"`, `"familyName":"\u0000`), "person.familyName"},
		"lone surrogate":               {change(`"familyName":"`, `"familyName":"\ud800`), "person.familyName"},
		"invalid UTF-8":                {change(`"familyName":"`, "\"familyName\":\"\xff\xfe"), "person.familyName"},
		"overlong UTF-8":               {change(`"familyName":"`, "\"familyName\":\"\xc0\xaf"), "person.familyName"},
		"control character":            {change(`"familyName":"`, "\"familyName\":\"\x01"), ""},
		"direction override":           {change(`"familyName":"`, `"familyName":"\u202e`), "person.familyName"},
		"SQL":                          {change(`"familyName":"`, `"familyName":"'; DROP TABLE entries; --`), "person.familyName"},
		"a name of 30 000 letters":     {change(`"familyName":"`, `"familyName":"`+strings.Repeat("Ж", 20000)), "person.familyName"},
		"nothing":                      {``, "authentication bankAccount consent person requestId"},
		"an empty object":              {`{}`, "authentication bankAccount consent person requestId"},
		"null":                         {`null`, ""},
		"a list":                       {`[` + good + `]`, ""},
		"a text":                       {`"x"`, ""},
		"two objects":                  {good + good, ""},
		"a comma too many":             {change(`{`, `{,`), ""},
		"a comment":                    {change(`{`, `{/* */`), ""},
		"single quotes":                {`{'dryRun':true}`, ""},
		"half":                         {good[:len(good)/2], ""},
		"a byte order mark":            {"\ufeff" + good, ""},
		"UTF-16":                       {"{\x00\"\x00}\x00", ""},
		"deep lists":                   {`{"person":` + deep("[", "]", 30_000) + `}`, ""},
		"deep objects":                 {`{"person":` + strings.Repeat(`{"person":`, 5000) + `1` + strings.Repeat(`}`, 5000) + `}`, "person.person"},
		"deep within an unknown field": {`{"x":` + deep("[", "]", 30_000) + `}`, "x"},
		"deep without end":             {strings.Repeat(`{"x":[`, 10_000), "x"},
		"a huge list":                  {`{"person":[` + strings.Repeat("0,", 30_000) + `0]}`, "person"},
		"a thousand unknown fields":    {`{` + strings.Repeat(`"x":1,`, 1000) + `"x":1}`, strings.TrimSpace(strings.Repeat("x ", 20))},
	}
}

// TestOddJSON sends each body over REST. What protojson takes as a message goes over gRPC too, and must be judged in the same way.
func TestOddJSON(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	conn, rest := g.Conn("vtb"), doorOf(t, g, "vtb")
	claim := raisable(t, g, 60)[0]
	claim.DryRun = true
	confirm := methodNamed(t, porukav1.ConfirmationService_ConfirmIdentity_FullMethodName)
	for name, c := range oddClaims(asJSON(t, claim)) {
		t.Run(name, func(t *testing.T) {
			a := rest.call(http.MethodPost, "/v1/confirmations", c.body)
			compareOdd(t, a, c, name)
			message := &porukav1.ConfirmIdentityRequest{}
			if protojson.Unmarshal([]byte(c.body), message) != nil {
				if a.http == http.StatusOK {
					t.Error("REST takes what is no JSON of a message")
				}
				return
			}
			if b := confirm.call(t, conn, message); b.refusedWith() != a.refusedWith() {
				t.Errorf("REST says %q, gRPC %q", a.refusedWith(), b.refusedWith())
			}
		})
	}
}

// taken are the odd bodies that are no fault at all.
var taken = []string{"as it is", "in the proto's names", "enum by number", "blanks", "escaped letters"}

func compareOdd(t *testing.T, a answer, want odd, name string) {
	t.Helper()
	if slices.Contains(taken, name) {
		if a.http != http.StatusOK {
			t.Errorf("HTTP %d %s", a.http, a.body)
		}
		return
	}
	if a.http != http.StatusBadRequest || a.code != codes.InvalidArgument || a.reason != "FIELD_FORMAT" {
		t.Errorf("HTTP %d %s", a.http, a.body)
	}
	if got := strings.TrimSpace(strings.Join(a.fields, " ")); got != want.fields {
		t.Errorf("fields %q, want %q", got, want.fields)
	}
	for _, inside := range []string{"proto:", "protojson", "syntax error", "goroutine", ".go:", "unexpected token", "sql"} {
		if strings.Contains(a.body, inside) {
			t.Errorf("the answer tells of the inside: %s", a.body)
		}
	}
}

// TestOddNumbers is about 64-bit numbers, which JSON has no sure way to write.
func TestOddNumbers(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	conn, rest := g.Conn("portal"), doorOf(t, g, "portal")
	put := methodNamed(t, porukav1.PortalService_PutAccount_FullMethodName)
	const id = "0190e2a4-7b3c-7d51-9a77-3f0c5b6d8e21"
	for number, fine := range map[string]bool{
		`5`: true, `"5"`: true, `5.0`: true, `5e0`: true, `"9223372036854775807"`: true, `9223372036854775807`: true, `null`: true,
		`9223372036854775808`: false, `"9223372036854775808"`: false, `-1`: false, `"-1"`: false, `5.5`: false, `1e19`: false, `"five"`: false,
		`""`: false, `" 5"`: false, `"0x5"`: false, `true`: false, `[5]`: false, `{}`: false, `"NaN"`: false, `"Infinity"`: false,
	} {
		body := `{"expectedVersion":` + number + `}`
		a := rest.call(http.MethodPut, "/v1/accounts/"+id, body)
		if a.http != http.StatusBadRequest || slices.Contains(a.fields, "expectedVersion") == fine {
			t.Errorf("%s: HTTP %d %s", number, a.http, a.refusedWith())
		}
		message := &porukav1.PutAccountRequest{}
		if protojson.Unmarshal([]byte(body), message) != nil {
			continue
		}
		message.Id = id
		if b := put.call(t, conn, message); b.refusedWith() != a.refusedWith() {
			t.Errorf("%s: REST says %q, gRPC %q", number, a.refusedWith(), b.refusedWith())
		}
	}
}

// bytesCodec sends bytes as they are.
type bytesCodec struct{ encoding.CodecV2 }

// Marshal gives the bytes of a []byte.
func (c bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	if raw, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// TestOddProtos sends bytes that no generated code makes.
func TestOddProtos(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	conn := g.Conn("vtb")
	claim := raisable(t, g, 60)[0]
	claim.DryRun = true
	good, err := proto.Marshal(claim)
	if err != nil {
		t.Fatal(err)
	}
	text := func(number protowire.Number, value string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value)
	}
	for name, c := range map[string]struct {
		raw    []byte
		fields string
	}{
		"nothing":                   {nil, "authentication bankAccount consent person requestId"},
		"an unknown field":          {append(slices.Clone(good), text(999, "x")...), ""},
		"an unknown field within":   {append(slices.Clone(good), text(2, string(text(999, "x")))...), "person"},
		"another type":              {append(slices.Clone(good), protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 7)...), ""},
		"a group":                   {append(slices.Clone(good), protowire.AppendTag(protowire.AppendTag(nil, 1, protowire.StartGroupType), 1, protowire.EndGroupType)...), ""},
		"invalid UTF-8":             {append(slices.Clone(good), text(1, "\xff\xfe")...), ""},
		"invalid UTF-8 within":      {append(slices.Clone(good), text(2, string(text(1, "\xc0\xaf")))...), ""},
		"NUL":                       {append(slices.Clone(good), text(2, string(text(1, "Иван\x00ов")))...), "person.familyName"},
		"cut off":                   {good[:len(good)-1], ""},
		"a length beyond the end":   {append(slices.Clone(good), 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), ""},
		"a number without end":      {append(slices.Clone(good), 0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), ""},
		"field zero":                {append(slices.Clone(good), 0x02, 0x00), ""},
		"no proto at all":           {[]byte(`{"requestId":"x"}`), ""},
		"deep groups":               {slices.Repeat(protowire.AppendTag(nil, 999, protowire.StartGroupType), 20_000), ""},
		"deep messages of one kind": {slices.Repeat([]byte{0x12, 0x7f}, 20_000), ""},
	} {
		out := &porukav1.ConfirmIdentityResponse{}
		err := conn.Invoke(t.Context(), porukav1.ConfirmationService_ConfirmIdentity_FullMethodName, c.raw, out,
			grpc.ForceCodecV2(bytesCodec{encoding.GetCodecV2("proto")}))
		a := answerOf(t, out, err)
		if a.code != codes.InvalidArgument || a.reason != "FIELD_FORMAT" {
			t.Errorf("%s: %s", name, a.refusedWith())
		}
		if got := strings.TrimSpace(strings.Join(a.fields, " ")); got != c.fields {
			t.Errorf("%s: fields %q, want %q", name, got, c.fields)
		}
	}
}
