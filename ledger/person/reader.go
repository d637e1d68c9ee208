package person

// reader takes a stored profile apart. After the first mistake everything it gives is zero.
type reader struct {
	rest   string
	broken bool
}

func (r *reader) fail() {
	r.rest, r.broken = "", true
}

func (r *reader) byte() byte {
	if r.rest == "" {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// uint reads a number up to most.
func (r *reader) uint(most uint64) uint64 {
	n := uint64(0)
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7F) << shift
		if b < 0x80 {
			if n > most {
				r.fail()
				return 0
			}
			return n
		}
	}
	r.fail()
	return 0
}

func (r *reader) text() string {
	n := r.uint(uint64(len(r.rest)))
	if n > uint64(len(r.rest)) { // its own length took bytes as well
		r.fail()
		return ""
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

func (r *reader) date() Date {
	d := Date{day: hideBits(r.uint(9999_12_31))}
	if d.IsZero() {
		return d
	}
	if _, ok := NewDate(d.Split()); !ok {
		r.fail()
		return Date{}
	}
	return d
}

func (r *reader) name(name *Name, forms *concealed[nameForms]) {
	v := &forms.value
	v.text, v.canonical = r.text(), r.text()
	if v.text == "" {
		return
	}
	if v.canonical == "" {
		v.canonical = v.text
	}
	v.key = keyOf(v.canonical)
	name.forms = forms.hide()
}

func (r *reader) passport(passport *Passport, paper *concealed[passportData]) {
	paper.value = passportData{series: r.text(), number: r.text(), departmentCode: r.text(), issuer: r.text(), issued: r.date()}
	if paper.value != (passportData{}) {
		passport.paper = paper.hide()
	}
}
