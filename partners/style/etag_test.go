package style

import (
	"net/http"
	"testing"
)

func TestTags(t *testing.T) {
	d := Tinkoff()
	answer := func(tag string, out Answer) Message {
		in := Message{Header: Header{}}
		if tag != "" {
			in.Header[ifMatch] = tag
		}
		return d.Answer(in, out)
	}
	first := confirmed()
	first.Replayed = false
	tag := answer("", first).Header[etag]
	if len(tag) == 0 || len(tag) > 50 {
		t.Fatalf("the tag %s has %d characters", tag, len(tag))
	}
	other := confirmed()
	other.Outcome = "NOT_MATCHED"
	for name, c := range map[string]struct {
		tag    string
		out    Answer
		status int
	}{
		"a repeat":                       {"", confirmed(), http.StatusOK},
		"a repeat with the tag":          {tag, confirmed(), http.StatusOK},
		"a repeat with any tag":          {"*", confirmed(), http.StatusOK},
		"a repeat with a stale tag":      {tag, other, http.StatusUnprocessableEntity},
		"the first time, whatever it is": {`"x"`, first, http.StatusOK},
	} {
		m := answer(c.tag, c.out)
		if m.Status != c.status {
			t.Errorf("%s: %d %s", name, m.Status, m.Body)
		}
		if want := tagOf(c.out.RequestID, c.out); m.Header[etag] != want {
			t.Errorf("%s: the tag is %s, want %s", name, m.Header[etag], want)
		}
	}
	unchecked := Answer{RequestID: request().ID, Outcome: "NOT_CHECKED"}
	if got, ok := answer("", unchecked).Header[etag]; ok {
		t.Errorf("what is not final has the tag %s", got)
	}
	r, err := d.ReadRefusal(answer(tag, other))
	if err != nil || r.Reason.Code != staleTag || r.Fields[0].Path != "If-Match" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTermsOf(t *testing.T) {
	if got := TermsOf(Tinkoff()); got.RequestsPerSecond != 20 {
		t.Errorf("%+v", got)
	}
	if got := TermsOf(Sberbank()); got.Deadline.Seconds() != 10 {
		t.Errorf("%+v", got)
	}
	if got := TermsOf(nil); got != (Terms{}) {
		t.Errorf("%+v", got)
	}
}
