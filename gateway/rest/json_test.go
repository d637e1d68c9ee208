package rest

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

var pathForm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_.]*(\[\d+\])?|\?|\.)*$`)

// FuzzDecodeJSON: what protojson takes is taken and gives the same message; anything else is a fault with fields and without values.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(`{"id":"x","profile":{"person":{"sex":"FEMALE"},"previousPassports":[{"series":"1"},{"extra":2}]}}`)
	f.Add(`{"id":"x","id":"y","registryTime":"2026-01-01T00:00:00Z","expectedVersion":"7"}`)
	f.Add(`{"profile":{"previousPassports":[[],{}]}}`)
	f.Add(`{"profile":null,"level":99}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, want := &porukav1.PutAccountRequest{}, &porukav1.PutAccountRequest{}
		err := decodeJSON([]byte(body), got)
		accepted := protojson.UnmarshalOptions{RecursionLimit: deepest}.Unmarshal([]byte(body), want) == nil
		if (err == nil) != accepted {
			t.Fatalf("%q: %v, protojson accepts: %v", body, err, accepted)
		}
		if err == nil {
			if !proto.Equal(got, want) {
				t.Errorf("%q: another message", body)
			}
			return
		}
		var refused *fault.Fault
		if !errors.As(err, &refused) || refused.Kind != fault.Invalid || len(refused.Violations) == 0 || len(refused.Violations) > maxViolations {
			t.Fatalf("%q: %v", body, err)
		}
		for _, v := range refused.Violations {
			if !pathForm.MatchString(v.Field) || v.Text == "" || strings.Contains(v.Text, "%!") {
				t.Errorf("%q: violation %+v", body, v)
			}
		}
	})
}

func TestAllow(t *testing.T) {
	routes, err := Routes()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/v1/accounts/x": "GET, PUT", "/v1/confirmations": "POST", "/v1/confirmations/x:withdraw": "GET, POST", "/v1/accounts:lookup": "POST", "/nothing": "",
	} {
		if got := allow(routes, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestConfigNeedsItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("an empty configuration was taken")
	}
}
