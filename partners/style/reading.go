package style

// reading is one request that is being read by a table.
type reading struct {
	table
	rules
	out   Request
	found []string // native text of each field; empty: left out
	flaws []Field
}

// rules are what a dialect does with what its table does not say.
type rules struct {
	ignoreUnknown bool // fields that the table does not have
	nullIsAbsent  bool // otherwise a null is refused
	typed         bool // numbers and truths are told from texts
}

func (t table) read(body node, header Header, r rules) (Request, []Field) {
	in := reading{table: t, rules: r, found: make([]string, len(t.fields))}
	for i, f := range t.fields {
		for _, at := range f.at {
			if at[0] != '@' {
				continue
			}
			if value, ok := header[at[1:]]; ok {
				in.take(i, value)
			}
		}
	}
	in.walk(body, t.root, nil)
	for i, f := range t.fields {
		if f.required && in.found[i] == "" && !in.blamed(f.path) {
			in.blame(f.path, "is required")
		}
		in.out.set(f.path, in.found[i])
	}
	return in.out, in.flaws
}

func (in *reading) walk(n node, s *spot, path []string) {
	for _, m := range n.members {
		next := s.next[m.name]
		switch {
		case next == nil && in.ignoreUnknown:
		case next == nil:
			in.unknown(shown(path, m.name))
		case next.field >= 0:
			in.leaf(next.field, m.node)
		case m.node.kind == object:
			in.walk(m.node, next, append(path, m.name))
		case m.node.kind == null && in.nullIsAbsent, m.node.kind == text && m.node.text == "" && !in.typed:
		default:
			in.blame(shown(path, m.name), "must hold other fields")
		}
	}
}

// unknown refuses a field of the bank's that the table does not have. One that is called as another is in the native API must not be
// taken for that.
func (in *reading) unknown(name string) {
	if in.nameOf(name) != name {
		in.blame("body", "must not hold a field "+name)
		return
	}
	in.blame(name, "is not a field of this form")
}

// leaf takes the value of a field out of the tree.
func (in *reading) leaf(i int, n node) {
	f := in.fields[i]
	switch {
	case n.kind == null && in.nullIsAbsent:
	case n.kind == f.form.kind, n.kind == text && !in.typed:
		in.take(i, n.text)
	default:
		in.blame(f.path, f.form.wants)
	}
}

// take takes a value as it is written. Nothing is as good as left out. What stands in two places must be the same in both: the one
// that nobody looked at might be the one that was signed.
func (in *reading) take(i int, value string) {
	f := in.fields[i]
	if value == "" {
		return
	}
	native, ok := value, true
	if f.form.read != nil {
		native, ok = f.form.read(value)
	}
	switch {
	case !ok:
		in.blame(f.path, f.form.wants)
	case in.found[i] != "" && in.found[i] != native:
		in.blame(f.path, "must be the same wherever it is given")
	default:
		in.found[i] = native
	}
}

func (in *reading) blame(path, text string) {
	if len(in.flaws) < maxFlaws && !in.blamed(path) {
		in.flaws = append(in.flaws, Field{Path: path, Reason: fieldFormat, Text: text})
	}
}

func (in *reading) blamed(path string) bool {
	for _, f := range in.flaws {
		if f.Path == path {
			return true
		}
	}
	return false
}

// write makes the tree and the headers of a request, as the bank does. The field that cannot be written is named.
func (t table) write(r *Request) (body node, header Header, cannot string) {
	header = Header{}
	for _, f := range t.fields {
		value := r.get(f.path)
		if (value == "" || value == "false" && !f.required) && r.slot(f.path) != nil {
			continue
		}
		ok := true
		if f.form.write != nil {
			value, ok = f.form.write(value)
		}
		if !ok {
			return node{}, nil, f.path
		}
		if f.place()[0] != '@' {
			body.put(f.place(), node{kind: f.form.kind, text: value})
		}
		for _, at := range f.at {
			if at[0] == '@' {
				header[at[1:]] = value
				break
			}
		}
	}
	return body, header, ""
}
