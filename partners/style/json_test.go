package style

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONRefusals(t *testing.T) {
	for name, c := range map[string]struct{ body, path, text string }{
		"nothing":             {``, "body", "JSON object"},
		"a list":              {`[]`, "body", "JSON object"},
		"two documents":       {`{} {}`, "body", "after its end"},
		"no end":              {`{"a":1`, "body", "comma or an end"},
		"comma at the end":    {`{"a":1,}`, "body", "name is missing"},
		"no colon":            {`{"a" 1}`, "body", "colon"},
		"bare name":           {`{a:1}`, "body", "name is missing"},
		"comment":             {`{/**/"a":1}`, "body", "name is missing"},
		"name twice":          {`{"a":1,"a":1}`, "a", "twice"},
		"name twice inside":   {`{"a":{"b":1,"\u0062":2}}`, "a.b", "twice"},
		"value as a name":     {`{"a":{"11223344595":1,"11223344595":2}}`, "a.?", "twice"},
		"name of a person":    {`{"Иванов":1,"Иванов":2}`, "?", "twice"},
		"long name":           {`{"` + strings.Repeat("a", maxName+1) + `":1}`, "body", "name that is too long"},
		"leading zero":        {`{"a":01}`, "body", "comma"},
		"plus":                {`{"a":+1}`, "body", "value"},
		"bare minus":          {`{"a":-}`, "body", "number"},
		"no fraction":         {`{"a":1.}`, "body", "number"},
		"no exponent":         {`{"a":1e}`, "body", "number"},
		"hexadecimal":         {`{"a":0x1}`, "body", "comma"},
		"long number":         {`{"a":` + strings.Repeat("1", maxNumber+1) + `}`, "body", "number that is too long"},
		"not a number":        {`{"a":NaN}`, "body", "value"},
		"half a word":         {`{"a":tru}`, "body", "value"},
		"control character":   {"{\"a\":\"\n\"}", "body", "control"},
		"text without end":    {`{"a":"b`, "body", "does not end"},
		"strange escape":      {`{"a":"\x"}`, "body", "escape"},
		"short escape":        {`{"a":"\u12"}`, "body", "escape"},
		"half a character":    {`{"a":"\ud83d"}`, "body", "half a character"},
		"other half":          {`{"a":"\ude00\ud83d"}`, "body", "half a character"},
		"half and a letter":   {`{"a":"\ud83d\u0041"}`, "body", "half a character"},
		"not UTF-8":           {"{\"a\":\"\xff\"}", "body", "UTF-8"},
		"UTF-16":              {"\xff\xfe{\x00}\x00", "body", "UTF-8"},
		"byte order mark":     {"\ufeff{}", "body", "JSON object"},
		"deep":                {strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1), "body", "deep"},
		"deep lists":          {`{"a":` + strings.Repeat("[", 60_000), "body", "deep"},
		"many values":         {`{"a":[` + strings.Repeat("1,", maxNodes) + `1]}`, "body", "too many"},
		"backslash at an end": {`{"a":"\`, "body", "escape"},
	} {
		_, flaw := jsonSyntax{}.read([]byte(c.body), true)
		if flaw == nil || flaw.Path != c.path || !strings.Contains(flaw.Text, c.text) {
			t.Errorf("%s: %+v", name, flaw)
		}
	}
}

func TestJSONReads(t *testing.T) {
	body := " {\"a\" : [ 1 , -0.5e+7, true,false , null, {} ],\t\"b\":{\"c\":\"\\u0416\\ud83d\\ude00\\n\\/\\\"\u2028\"}}\r\n"
	n, flaw := jsonSyntax{}.read([]byte(body), true)
	if flaw != nil {
		t.Fatal(flaw)
	}
	if got, want := n.textAt("b.c"), "Ж😀\n/\"\u2028"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want := `{"a":[1,-0.5e+7,true,false,null,{}],"b":{"c":"Ж😀\u000a/\"\u2028"}}`
	if got := string(jsonSyntax{}.write("", n)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzJSON: what is read is JSON for everybody, means the same for everybody, and can be written again.
// decodeExactly leaves numbers as they are written: JSON has no bounds for them.
func decodeExactly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(into)
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2.5e3,"b\u0416",null,true],"c":{"d":""}}`, `{"a":1,"a":2}`, `{"a":"\ud83d\ude00"}`, `{"a":{`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > maxBody {
			return
		}
		n, flaw := jsonSyntax{}.read(body, true)
		if flaw != nil {
			return
		}
		var theirs, again any
		if err := decodeExactly(body, &theirs); err != nil {
			t.Fatalf("nobody else reads this: %v", err)
		}
		if err := decodeExactly(jsonSyntax{}.write("", n), &again); err != nil {
			t.Fatalf("what is written is not JSON: %v", err)
		}
		before, _ := json.Marshal(theirs)
		after, _ := json.Marshal(again)
		if string(before) != string(after) {
			t.Fatalf("%s became %s", before, after)
		}
	})
}
