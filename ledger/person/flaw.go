package person

// flaw is what is wrong with a text, before it is known whose field it is. The zero flaw is none.
type flaw struct {
	problem Problem
	text    string
}

func malformed(text string) flaw { return flaw{problem: Format, text: text} }

func (f flaw) found() bool { return f.problem != "" }

// in gives the flaw as the error of a field; nil when there is none.
func (f flaw) in(field Field) error {
	if !f.found() {
		return nil
	}
	return &FieldError{Field: field, Problem: f.problem, Text: f.text}
}
