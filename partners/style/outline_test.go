package style

import (
	"bytes"
	"testing"
)

// What an outline says that a line writes stands in what Encode writes, and is read by the same line.
func TestOutline(t *testing.T) {
	for _, name := range all().Names() {
		d := dialect(t, name)
		o, ok := OutlineOf(d)
		if !ok || len(o.Lines) != len(d.fields) || len(o.Media) == 0 || (o.Seal.Form == SealNone) != (o.Seal.Algorithm == "") {
			t.Fatalf("%s: %+v", name, o)
		}
		r, err := d.Decode(sealed(t, d, readMessage(t, "testdata/"+name+"/valid.http")), keysOf(name), noon())
		if err != nil {
			t.Fatal(err)
		}
		r.DryRun = true
		whole := r
		if d.extra.write != nil {
			d.extra.write(&whole)
		}
		body, _, _ := d.table.write(&whole)
		text := d.syntax.write(d.root, body)
		for _, line := range o.Lines {
			value := line.Writes(r)
			if _, taken := line.Reads(value); value != "" && !taken {
				t.Errorf("%s does not read the %s that it writes", name, line.Path)
			}
			if line.Kind == "none" || line.Places[0][0] != '@' && !bytes.Contains(text, []byte(value)) {
				t.Errorf("%s does not write %s so", name, line.Path)
			}
		}
	}
	if _, ok := OutlineOf(nil); ok {
		t.Error("nothing has an outline")
	}
}
