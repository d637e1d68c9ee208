package style

import (
	"strings"
	"testing"
)

func pochtaXML(t testing.TB) xmlSyntax {
	t.Helper()
	s, ok := dialect(t, "pochtabank").syntax.(xmlSyntax)
	if !ok {
		t.Fatal("the bank does not write XML")
	}
	return s
}

// inXML puts something into a document of the right namespace.
func inXML(content string) string {
	return `<ConfirmationRequest xmlns="` + pochtaNamespace + `">` + content + `</ConfirmationRequest>`
}

func TestXMLRefusals(t *testing.T) {
	for name, c := range map[string]struct{ body, path, text string }{
		"nothing":             {``, "body", "must be XML"},
		"no element":          {`<?xml version="1.0"?>`, "body", "must be XML"},
		"text":                {`x`, "body", "around"},
		"text after":          {inXML("") + "x", "body", "around"},
		"no end":              {`<ConfirmationRequest xmlns="` + pochtaNamespace + `">`, "body", "well-formed"},
		"other end":           {inXML("<a></b>"), "body", "well-formed"},
		"no namespace":        {`<ConfirmationRequest/>`, "ConfirmationRequest", "namespace"},
		"namespace of a part": {inXML(`<a xmlns="urn:x"/>`), "a", "namespace"},
		"unknown prefix":      {inXML(`<p:a/>`), "a", "namespace"},
		"two declarations":    {`<?xml version="1.0"?><?xml version="1.0"?>` + inXML(""), "body", "instructions"},
		"late declaration":    {` <?xml version="1.0"?>` + inXML(""), "body", "instructions"},
		"other version":       {`<?xml version="1.1"?>` + inXML(""), "body", "well-formed"},
		"stylesheet":          {`<?xml-stylesheet href="x"?>` + inXML(""), "body", "instructions"},
		"document type":       {`<!DOCTYPE a>` + inXML(""), "body", "document type"},
		"billion laughs": {
			`<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + inXML("&b;"), "body", "document type",
		},
		"entity":            {inXML("<a>&lol;</a>"), "body", "well-formed"},
		"comment":           {inXML("<!-- -->"), "body", "comments"},
		"attribute":         {inXML(`<a b="1"/>`), "a", "attributes"},
		"nil":               {inXML(`<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`), "a", "attributes"},
		"attribute twice":   {inXML(`<a xmlns:p="urn:x" xmlns:p="urn:y"/>`), "a", "attributes"},
		"many attributes":   {inXML(`<a xmlns:p="1" xmlns:q="2" xmlns:r="3" xmlns:s="4" xmlns:t="5"/>`), "a", "many attributes"},
		"element twice":     {inXML(`<a/><a/>`), "a", "twice"},
		"twice inside":      {inXML(`<a><b/><b/></a>`), "a.b", "twice"},
		"value as a name":   {inXML(`<a><s11223344595/><s11223344595/></a>`), "a.?", "twice"},
		"mixed":             {inXML(`x<a/>`), "body", "mix"},
		"not a part":        {inXML(`<Reasons><Other/></Reasons>`), "Reasons.Other", "part of this list"},
		"text in a list":    {inXML(`<Reasons>x</Reasons>`), "body", "mix"},
		"deep":              {inXML(strings.Repeat("<a>", maxDepth+2) + strings.Repeat("</a>", maxDepth+2)), "body", "deep"},
		"many":              {inXML(`<Reasons>` + strings.Repeat("<Reason/>", maxNodes) + `</Reasons>`), "body", "too many"},
		"long name":         {inXML(`<` + strings.Repeat("a", maxName+1) + `/>`), "body", "too long"},
		"not UTF-8":         {inXML("<a>\xff</a>"), "body", "UTF-8"},
		"other charset":     {`<?xml version="1.0" encoding="windows-1251"?>` + inXML(""), "body", "well-formed"},
		"UTF-16":            {"\xfe\xff\x00<\x00a", "body", "UTF-8"},
		"control character": {inXML("<a>&#0;</a>"), "body", "well-formed"},
		"other document":    {strings.ReplaceAll(inXML(""), "Request", "Response"), "body", "ConfirmationRequest"},
		"two elements":      {inXML("") + inXML(""), "body", "one element"},
	} {
		_, flaw := pochtaXML(t).read([]byte(c.body), true)
		if flaw == nil || flaw.Path != c.path || !strings.Contains(flaw.Text, c.text) {
			t.Errorf("%s: %+v", name, flaw)
		}
	}
}

func TestXMLReads(t *testing.T) {
	body := inXML("\n <a> &lt;&#x416;&amp; <![CDATA[<x>]]>\n</a> <b><c/></b> <Reasons>\n<Reason><Code>A</Code></Reason> <Reason>B</Reason></Reasons> ")
	n, flaw := pochtaXML(t).read([]byte(body), true)
	if flaw != nil {
		t.Fatal(flaw)
	}
	if got := n.textAt("a"); got != "<Ж& <x>" {
		t.Errorf("%q", got)
	}
	reasons := n.find("Reasons").members
	if len(reasons) != 2 || reasons[0].node.textAt("Code") != "A" || reasons[1].node.text != "B" {
		t.Errorf("the list has %d parts", len(reasons))
	}
	if !n.has("b") || n.find("b.c").kind != text {
		t.Error("an empty element is lost")
	}
}

// FuzzXML: what is read can be written, and is then read as the same.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{
		inXML(""), inXML("<a>1</a><b><c>&lt;</c></b>"), inXML("<Reasons><Reason>x</Reason></Reasons>"), `<!DOCTYPE a>`,
		`<p:ConfirmationRequest xmlns:p="` + pochtaNamespace + `"><p:a/></p:ConfirmationRequest>`, inXML("<![CDATA[x]]>"), `<?xml version="1.0"?>`,
	} {
		f.Add([]byte(seed))
	}
	s := pochtaXML(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > maxBody {
			return
		}
		n, flaw := s.read(body, true)
		if flaw != nil {
			return
		}
		once := s.write(s.request, n)
		again, flaw := s.read(once, true)
		if flaw != nil {
			t.Fatalf("what is written is not read: %s: %v", once, flaw)
		}
		if twice := s.write(s.request, again); string(twice) != string(once) {
			t.Fatalf("%s became %s", once, twice)
		}
	})
}
