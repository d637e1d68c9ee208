package roster

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/poruka/poruka/ledger/person"
)

// object is a mapping of the file whose keys are known. Its getters note what is wrong and then give the zero value.
type object struct {
	w      *wrongs
	node   *yaml.Node
	path   string // the bank; empty above the banks
	prefix string // of the keys, for example `limits.`
	values map[string]*yaml.Node
}

// object reads a mapping; keys that are not known and keys that stand there twice are wrong.
func (w *wrongs) object(node *yaml.Node, path string, keys ...string) object {
	o := object{w: w, node: node, path: path, values: map[string]*yaml.Node{}}
	if node.Kind != yaml.MappingNode {
		w.add(node, path, "must be keys with values")
		return o
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case !slices.Contains(keys, key.Value):
			w.add(key, path, "unknown key %q; known are %s", key.Value, strings.Join(keys, ", "))
		case o.values[key.Value] != nil:
			w.add(key, path, "the key %q stands there twice", key.Value)
		default:
			o.values[key.Value] = value
		}
	}
	return o
}

// value gives the node of a key, or the object's own, so that it always has a line.
func (o object) value(key string) *yaml.Node {
	if value := o.values[key]; value != nil {
		return value
	}
	return o.node
}

func (o object) has(key string) bool { return o.values[key] != nil }

// check notes that a key is wrong unless ok.
func (o object) check(key string, ok bool, format string, args ...any) {
	if ok {
		return
	}
	where := o.prefix + key
	if o.path != "" {
		where = o.path + ": " + where
	}
	o.w.add(o.value(key), where, format, args...)
}

// need notes that a key is missing.
func (o object) need(key string) bool {
	if o.node.Kind == yaml.MappingNode { // otherwise that is what is wrong
		o.check(key, o.has(key), "is missing")
	}
	return o.has(key)
}

// scalar gives the text of a plain value of one of the kinds.
func (o object) scalar(key, want string, tags ...string) (string, bool) {
	value := o.value(key)
	ok := value.Kind == yaml.ScalarNode && slices.Contains(tags, value.Tag)
	o.check(key, ok, "must be %s", want)
	return value.Value, ok
}

// text gives a text that must be there.
func (o object) text(key string) string {
	if !o.need(key) {
		return ""
	}
	text, ok := o.scalar(key, "a text", "!!str")
	if ok {
		o.check(key, strings.TrimSpace(text) != "", "must not be empty")
	}
	return text
}

// optional gives a text that may be left out.
func (o object) optional(key string) string {
	if !o.has(key) {
		return ""
	}
	return o.text(key)
}

// count gives a whole number above zero that must be there.
func (o object) count(key string) int {
	if !o.need(key) {
		return 0
	}
	text, ok := o.scalar(key, "a whole number", "!!int")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	o.check(key, err == nil && n >= 1 && n <= maxCount, "must be a whole number from 1 to %d", maxCount)
	return n
}

// rate gives a number per second that must be there.
func (o object) rate(key string) float64 {
	if !o.need(key) {
		return 0
	}
	text, ok := o.scalar(key, "a number", "!!int", "!!float")
	if !ok {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	o.check(key, err == nil && n > 0 && n <= maxRate && !math.IsNaN(n), "must be a number above 0, at most %d", maxRate)
	return n
}

// flag gives a truth value; false when it is left out.
func (o object) flag(key string) bool {
	if !o.has(key) {
		return false
	}
	text, ok := o.scalar(key, "true or false", "!!bool")
	if ok {
		o.check(key, text == "true" || text == "false", "must be true or false")
	}
	return text == "true"
}

// date gives a day; zero when it is left out and may be.
func (o object) date(key string, needed bool) person.Date {
	if needed && !o.need(key) || !o.has(key) {
		return person.Date{}
	}
	text, ok := o.scalar(key, "a day such as 2026-11-22", "!!timestamp", "!!str")
	if !ok {
		return person.Date{}
	}
	day, err := person.ParseDate(text)
	o.check(key, err == nil, "must be a day such as 2026-11-22")
	return day
}

// list gives the items of a list that must be there and hold something.
func (o object) list(key string) []*yaml.Node {
	if !o.need(key) {
		return nil
	}
	value := o.value(key)
	o.check(key, value.Kind == yaml.SequenceNode, "must be a list")
	if value.Kind != yaml.SequenceNode {
		return nil
	}
	o.check(key, len(value.Content) > 0, "must not be empty")
	return value.Content
}

// fields gives a set of fields of a person; nil when it is left out.
func (o object) fields(key string) person.Requirements {
	if !o.has(key) {
		return nil
	}
	required := person.Requirements{}
	for _, item := range o.list(key) {
		field := person.Field(item.Value)
		o.check(key, item.Kind == yaml.ScalarNode && slices.Contains(requirable(), field), "knows no field %q", item.Value)
		o.check(key, !required[field], "names %q twice", item.Value)
		required[field] = true
	}
	return required
}
