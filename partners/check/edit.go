package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/partners/style"
)

// edit changes a request as the bank has written it, before it is signed.
type edit func(payload []byte) ([]byte, error)

var errEdit = errors.New("this program does not find in its own request what this case changes")

// edited writes a request, changes it, and signs it.
func (b *Bank) edited(r style.Request, edits ...edit) (style.Message, error) {
	m, err := b.encode(r)
	if err != nil {
		return style.Message{}, err
	}
	s := sealOf(b.cfg.Dialect.Name())
	payload, err := s.payload(m)
	for _, change := range edits {
		if err == nil {
			payload, err = change(payload)
		}
	}
	if err != nil {
		return style.Message{}, err
	}
	return s.close(m, payload, b.cfg.Signer)
}

func unmarshal(content []byte, into any) error { return json.Unmarshal(content, into) }

// members changes the object of a JSON request that holds the last name of a place, for example identification.series.
func members(place string, change func(object map[string]any, name string) bool) edit {
	return func(payload []byte) ([]byte, error) {
		decoder := json.NewDecoder(bytes.NewReader(payload))
		decoder.UseNumber()
		var root map[string]any
		if err := decoder.Decode(&root); err != nil {
			return nil, errEdit
		}
		object := root
		name, rest, deeper := strings.Cut(place, ".")
		for ; deeper; name, rest, deeper = strings.Cut(rest, ".") {
			below, ok := object[name].(map[string]any)
			if !ok {
				return nil, errEdit
			}
			object = below
		}
		if !change(object, name) {
			return nil, errEdit
		}
		return json.Marshal(root)
	}
}

// set puts another value in the place of one.
func set(place string, value any) edit {
	return members(place, func(object map[string]any, name string) bool {
		_, ok := object[name]
		object[name] = value
		return ok
	})
}

// mend writes a text in another way.
func mend(place string, other func(string) string) edit {
	return members(place, func(object map[string]any, name string) bool {
		text, ok := object[name].(string)
		object[name] = other(text)
		return ok && object[name] != text
	})
}

// add puts in what the bank does not write.
func add(place string, value any) edit {
	return members(place, func(object map[string]any, name string) bool {
		_, there := object[name]
		object[name] = value
		return !there
	})
}

// rename gives a value another name beside its old one.
func rename(place, to string) edit {
	return members(place, func(object map[string]any, name string) bool {
		value, ok := object[name]
		delete(object, name)
		object[to] = value
		return ok
	})
}

// drop leaves a value out.
func drop(place string) edit {
	return members(place, func(object map[string]any, name string) bool {
		_, ok := object[name]
		delete(object, name)
		return ok
	})
}

// element writes the text of an XML element in another way. The element must be there once and hold text alone.
func element(name string, other func(string) string) edit {
	form := regexp.MustCompile(`<` + name + `>([^<]*)</` + name + `>`)
	return func(payload []byte) ([]byte, error) {
		found := form.FindAllSubmatchIndex(payload, -1)
		if len(found) != 1 {
			return nil, errEdit
		}
		from, to := found[0][2], found[0][3]
		return slices.Concat(payload[:from], []byte(other(string(payload[from:to]))), payload[to:]), nil
	}
}

// before puts text before another, which must be there once.
func before(mark, text string) edit {
	return func(payload []byte) ([]byte, error) {
		if bytes.Count(payload, []byte(mark)) != 1 {
			return nil, errEdit
		}
		return bytes.Replace(payload, []byte(mark), []byte(text+mark), 1), nil
	}
}

// whole writes the whole request in another way.
func whole(other func(string) string) edit {
	return func(payload []byte) ([]byte, error) { return []byte(other(string(payload))), nil }
}

// digits leaves the digits of a text alone.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// mask puts the digits of a text into the places of the zeros of a mask.
func mask(form string) func(string) string {
	return func(text string) string {
		rest := digits(text)
		return strings.Map(func(r rune) rune {
			if r != '0' || rest == "" {
				return r
			}
			r, rest = rune(rest[0]), rest[1:]
			return r
		}, form)
	}
}

// dated writes a date in another layout.
func dated(from, to string) func(string) string {
	return func(text string) string {
		day, err := time.Parse(from, text)
		if err != nil {
			return text
		}
		return day.Format(to)
	}
}

func always(value string) func(string) string { return func(string) string { return value } }

// phone writes the last ten digits of a Russian number in a mask.
func phone(form string) func(string) string {
	return func(text string) string {
		all := digits(text)
		return mask(form)(all[max(0, len(all)-10):])
	}
}
