package roster

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
)

// version is that of the form of the file.
const version = 1

// Ids that are taken: the ledger names the portal and compliance staff by them.
const (
	portalID = "portal"
	staffID  = "compliance"
)

// Bounds of limits: beyond them a number is a slip of the pen.
const (
	maxRate  = 1_000_000
	maxCount = 1_000_000
)

// Known is what a roster may name.
type Known struct {
	Policies []string // ids of the matching policies that exist
	Styles   []Style  // the dialects that exist, besides StyleNative
	// Read reads a file that the roster names. nil: the files are not looked at, and the banks have no keys and no authorities.
	Read func(name string) ([]byte, error)
}

// Parse reads a roster and the files that it names. The error joins everything that is wrong, a line each. The banks are ordered
// by id; their maps and lists must not be changed.
func Parse(content []byte, known Known) ([]partners.Partner, error) {
	file, err := document(content)
	if err != nil {
		return nil, err
	}
	w := &wrongs{}
	root := w.object(file, "", "version", "partners")
	if n := root.count("version"); w.none() && n != version {
		w.add(root.value("version"), "version", "must be %d: this program knows no other form of the file", version)
	}
	var banks []partners.Partner
	first := map[partners.ID]int{}
	for _, node := range root.list("partners") {
		bank := w.bank(node, known)
		if line, twice := first[bank.ID]; twice && bank.ID != "" {
			w.add(node, "partners", "%s stands there twice, first on line %d", bank.ID, line)
		}
		first[bank.ID] = node.Line
		banks = append(banks, bank)
	}
	slices.SortFunc(banks, func(a, b partners.Partner) int { return cmp.Compare(a.ID, b.ID) })
	return banks, w.err()
}

// document reads the only document of a file.
func document(content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var file, more yaml.Node
	switch err := decoder.Decode(&file); {
	case errors.Is(err, io.EOF) || err == nil && len(file.Content) == 0:
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, err
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, fmt.Errorf("line %d: a second document begins", more.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return file.Content[0], nil
}

func (w *wrongs) bank(node *yaml.Node, known Known) partners.Partner {
	o := w.object(node, nameOf(node), "id", "displayName", "validFrom", "validUntil", "policy", "minors", "style",
		"signature", "endpoint", "limits", "required")
	id := o.text("id")
	o.check("id", id == "" || isBankID(id), "must be 1 to 40 lower-case letters, digits and inner hyphens")
	o.check("id", id != portalID, "must not be %q, which names the portal", portalID)
	o.check("id", id != staffID, "must not be %q, which names compliance staff", staffID)
	p := partners.Partner{
		ID: partners.ID(id), DisplayName: o.text("displayName"), Policy: o.text("policy"),
		ValidFrom: o.date("validFrom", true), ValidUntil: o.date("validUntil", false),
		Minors: o.flag("minors"), Style: StyleNative,
		Required: o.fields("required"),
	}
	o.check("displayName", isPrintable(p.DisplayName), "must be at most 100 printable characters")
	o.check("validUntil", p.ValidUntil.IsZero() || !p.ValidUntil.Before(p.ValidFrom), "must not be before validFrom")
	o.check("policy", p.Policy == "" || slices.Contains(known.Policies, p.Policy), "must be one of: %s", strings.Join(known.Policies, ", "))
	var style Style
	if o.has("style") {
		p.Style = o.text("style")
		style = known.style(o, p.Style)
	}
	p.Limits = limits(o)
	p.Keys = known.keys(o, style)
	p.Endpoint = known.endpoint(o)
	return p
}

// style finds a dialect; the zero Style for our own API and for one that there is not.
func (k Known) style(o object, name string) Style {
	names := []string{StyleNative}
	for _, style := range k.Styles {
		if style.Name == name {
			return style
		}
		names = append(names, style.Name)
	}
	o.check("style", name == StyleNative, "must be one of: %s", strings.Join(names, ", "))
	return Style{}
}

// nameOf finds what a bank is called in messages; empty when it has no id.
func nameOf(node *yaml.Node) string {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if key, value := node.Content[i], node.Content[i+1]; key.Value == "id" && value.Tag == "!!str" {
			return value.Value
		}
	}
	return ""
}

func limits(o object) partners.Limits {
	if !o.need("limits") {
		return partners.Limits{}
	}
	l := o.w.object(o.value("limits"), o.path, "requestsPerSecond", "burst", "concurrentRequests", "connections")
	l.prefix = "limits."
	return partners.Limits{
		RequestsPerSecond:  l.rate("requestsPerSecond"),
		Burst:              l.count("burst"),
		ConcurrentRequests: l.count("concurrentRequests"),
		Connections:        l.count("connections"),
	}
}

// isBankID asks the room that reads it from certificates.
func isBankID(id string) bool {
	identity, err := certs.ParseIdentity("poruka://trust/" + string(certs.RoleBank) + "/" + id)
	return err == nil && identity.ID == id
}

func isPrintable(name string) bool {
	return utf8.RuneCountInString(name) <= 100 && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// requirable are the fields that a bank may be held to send.
func requirable() []person.Field {
	return []person.Field{
		person.FieldFamilyName, person.FieldGivenName, person.FieldMiddleName, person.FieldBirthDate, person.FieldSex,
		person.FieldCitizenship, person.FieldPassport, person.FieldSeries, person.FieldNumber, person.FieldIssueDate,
		person.FieldDepartmentCode, person.FieldIssuer, person.FieldSNILS, person.FieldINN, person.FieldMobilePhone,
		person.FieldEmail,
	}
}

// wrongs collects everything that is wrong with a file.
type wrongs struct{ all []error }

func (w *wrongs) none() bool { return len(w.all) == 0 }

func (w *wrongs) err() error { return errors.Join(w.all...) }

// add notes a mistake. where is the bank and the key, or either.
func (w *wrongs) add(node *yaml.Node, where, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if where != "" {
		text = where + ": " + text
	}
	w.all = append(w.all, fmt.Errorf("line %d: %s", node.Line, text))
}
