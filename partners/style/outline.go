package style

// Outline is what can be told of a dialect without an example, for its documentation.
type Outline struct {
	Media          []string // types of a request; the first is the one that Encode writes
	Seal           Seal
	Lines          []Line
	IgnoresUnknown bool   // fields that it does not know; otherwise they are refused
	NullIsAbsent   bool   // otherwise a null is refused
	Echo           string // a request header with an id, which is given back; empty: none
	Limits         []string
	Terms          Terms
}

// Seal is how a dialect signs.
type Seal struct {
	Form      SealForm
	Algorithm string   // as a signature.Verifier names it; empty when nothing is signed
	Headers   []string // that hold the signature, in lower case
}

// SealForm is where a signature stands.
type SealForm int

// Forms of signatures.
const (
	SealNone          SealForm = iota // nothing is signed
	SealCompactJWS                    // the body is a compact JWS around the request
	SealDetachedJWS                   // a JWS of the body, without it, in a header
	SealDetachedPlain                 // the signature in base64 in a header, the name of its key in another
	SealDetachedPKCS7                 // a PKCS#7 signature of the body, without it, in base64 in a header
)

// OutlineOf gives the outline of a dialect; ok is false for one that is not told by a table.
func OutlineOf(d Dialect) (o Outline, ok bool) {
	t, ok := d.(*tabled)
	if !ok {
		return Outline{}, false
	}
	o = Outline{
		Media: t.media, Seal: sealOf(t.seal), IgnoresUnknown: t.rules.ignoreUnknown, NullIsAbsent: t.rules.nullIsAbsent,
		Echo: t.echo, Terms: t.terms,
	}
	if l := t.limits; l.limit != "" {
		o.Limits = []string{l.limit, l.remaining, l.reset}
	}
	for _, f := range t.fields {
		o.Lines = append(o.Lines, Line{
			Path: f.path, Also: f.also, Places: f.at, Kind: f.form.kind.String(), Wants: f.form.wants, Required: f.required,
			dialect: t, form: f.form,
		})
	}
	return o, true
}

func sealOf(s seal) Seal {
	out := Seal{Headers: s.headers()}
	switch s := s.(type) {
	case compactJWS:
		out.Form, out.Algorithm = SealCompactJWS, s.verifier.Algorithm()
	case detachedJWS:
		out.Form, out.Algorithm = SealDetachedJWS, s.verifier.Algorithm()
	case detachedPlain:
		out.Form, out.Algorithm = SealDetachedPlain, s.verifier.Algorithm()
	case detachedPKCS7:
		out.Form, out.Algorithm = SealDetachedPKCS7, s.verifier.Algorithm()
	}
	return out
}

// String is what a value is: text, number or truth.
func (k kind) String() string {
	switch k {
	case text:
		return "text"
	case number:
		return "number"
	case truth:
		return "truth"
	default:
		return "none"
	}
}

// Line is a line of a dialect's table.
type Line struct {
	Path     string   // in the native API
	Also     string   // a second native path that the same place holds; empty: none
	Places   []string // where the bank writes it, for example snils.number; one that begins with @ is a header
	Kind     string   // text, number or truth
	Wants    string   // of a value, as errors say it
	Required bool     // may not be left out of the message; what a person must have is judged elsewhere

	dialect *tabled
	form    form
}

// Reads gives the native text for a value as the bank writes it; ok is false for one that is not taken.
func (l Line) Reads(value string) (native string, ok bool) {
	if l.form.read == nil {
		return value, true
	}
	return l.form.read(value)
}

// Writes gives the value that Encode writes for this line of a request; empty when it writes none.
func (l Line) Writes(r Request) string {
	if l.dialect.extra.write != nil {
		l.dialect.extra.write(&r)
	}
	value := r.get(l.Path)
	if l.form.write == nil || value == "" && r.slot(l.Path) != nil {
		return value
	}
	value, _ = l.form.write(value)
	return value
}
