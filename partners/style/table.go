package style

import "strings"

// field is one line of a dialect's table.
type field struct {
	path     string   // in the native API
	at       []string // places in the bank's tree, for example snils.number; one that begins with @ is a header
	form     form
	required bool   // may not be left out; what a person must have is judged elsewhere
	also     string // a second native path that the same place holds, for errors: a passport's series and number may be one text
}

// place is where the bank writes the field: its first place that is not a header, or else its first.
func (f field) place() string {
	for _, at := range f.at {
		if at[0] != '@' {
			return at
		}
	}
	return f.at[0]
}

// headers are the places of a field that are headers.
func (f field) headers() []string {
	var names []string
	for _, at := range f.at {
		if name, ok := strings.CutPrefix(at, "@"); ok {
			names = append(names, name)
		}
	}
	return names
}

// table is the fields of a dialect, made for reading.
type table struct {
	fields []field
	root   *spot
}

// spot is a place in the bank's tree, or a branch on the way to one.
type spot struct {
	field int // in the table; -1 for a branch
	next  map[string]*spot
}

func newTable(fields []field) table {
	t := table{fields: fields, root: &spot{field: -1, next: map[string]*spot{}}}
	for i, f := range fields {
		for _, at := range f.at {
			if at[0] != '@' {
				t.root.grow(at, i)
			}
		}
	}
	return t
}

func (s *spot) grow(place string, field int) {
	name, rest, deeper := strings.Cut(place, ".")
	next := s.next[name]
	if next == nil {
		next = &spot{field: -1, next: map[string]*spot{}}
		s.next[name] = next
	}
	if deeper {
		next.grow(rest, field)
		return
	}
	next.field = field
}

// headers are the request headers that the table reads.
func (t table) headers() []string {
	var names []string
	for _, f := range t.fields {
		names = append(names, f.headers()...)
	}
	return names
}

// headersOf are the headers that may hold the field of a native path.
func (t table) headersOf(path string) []string {
	var names []string
	for _, f := range t.fields {
		if f.path == path {
			names = append(names, f.headers()...)
		}
	}
	return names
}

// nameOf gives the bank's own name for a native path; what it has no name for stays as it is.
func (t table) nameOf(path string) string {
	for _, f := range t.fields {
		if f.path == path || f.also == path {
			return strings.TrimPrefix(f.place(), "@")
		}
	}
	for _, f := range t.fields { // a part of the person as a whole
		place := f.place()
		if strings.HasPrefix(f.path, path+".") && strings.Contains(place, ".") && place[0] != '@' {
			return place[:strings.LastIndexByte(place, '.')]
		}
	}
	return path
}

// pathOf gives the native path for the bank's own name.
func (t table) pathOf(name string) string {
	for _, f := range t.fields {
		if strings.TrimPrefix(f.place(), "@") == name {
			return f.path
		}
	}
	return name
}
