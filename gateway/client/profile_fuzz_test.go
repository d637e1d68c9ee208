package client

import (
	"errors"
	"testing"

	"go.yaml.in/yaml/v3"
)

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte("address: localhost:8443\ncert: a.pem\nkey: b.pem\nca: c.pem\nrestAddress: localhost:8444\nserverName: gateway\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := parseProfile(content)
		if err != nil {
			if !errors.Is(err, ErrProfile) {
				t.Fatalf("%v is no ErrProfile", err)
			}
			return
		}
		again, err := yaml.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := parseProfile(again); err != nil || q != p {
			t.Fatalf("%+v became %+v, %v", p, q, err)
		}
	})
}
