package signature_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/signature"
)

// fuzzForm checks that whatever comes nothing but the bank's own signature is taken, and that errors are of this package.
func fuzzForm(f *testing.F, form form) {
	s := form.signer(f, "key")
	good := mustSign(f, form, s, payload)
	keys := []signature.Key{form.signer(f, "other").Key(), s.Key()}
	f.Add(good, []byte(payload))
	f.Add(strings.Repeat("A", 200), []byte{})
	f.Fuzz(func(t *testing.T, sig string, body []byte) {
		err := form.check(sig, body, keys, noon())
		if own := sig == good && string(body) == payload; own != (err == nil) {
			t.Errorf("taken: %v, the bank's own: %v", err == nil, own)
		}
		if err != nil && stepOf(t, err) == "" {
			t.Error("no step")
		}
	})
}

func FuzzCompactJWS(f *testing.F) {
	s := ecSigner(f, "key")
	good := mustSign(f, compactForm(), s, payload)
	f.Add([]byte(good))
	f.Add([]byte(b64([]byte(`{"alg":"ES256","kid":"key","crit":["b64"],"b64":true}`)) + ".e30." + b64(make([]byte, 64))))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := signature.CompactJWS(signature.ES256(), body, []signature.Key{s.Key()}, noon())
		if own := string(body) == good; own != (err == nil) || own != (string(got) == payload) {
			t.Errorf("taken: %v, the bank's own: %v", err == nil, own)
		}
		stepOf(t, err)
	})
}

func FuzzDetachedJWS(f *testing.F) {
	header := b64([]byte(`{"alg":"PS256","kid":"key","b64":false,"crit":["b64"]}`))
	f.Add(header+".."+b64(make([]byte, 256)), []byte(payload))
	fuzzForm(f, jwsForm())
}

func FuzzDetached(f *testing.F) {
	f.Add("key:"+base64.StdEncoding.EncodeToString(make([]byte, 64)), []byte(payload))
	fuzzForm(f, plainForm())
}

// FuzzDetachedPKCS7 changes the DER, not its base64.
func FuzzDetachedPKCS7(f *testing.F) {
	s := certSigner(f, "bank")
	var own [][]byte
	for _, change := range []func(*cms){
		func(*cms) {},
		func(c *cms) { c.bare = true },
		func(c *cms) { c.certificates = nil },
		func(c *cms) { c.version, c.infoVersion, c.byKey = 3, 3, s.Key().Certificate.SubjectKeyId },
		func(c *cms) { c.null = true },
	} {
		c := newCMS(s)
		change(c)
		own = append(own, c.der(f))
		f.Add(own[len(own)-1], []byte(payload))
	}
	attached := newCMS(s)
	attached.content = []byte(payload)
	f.Add(attached.der(f), []byte(payload))
	f.Fuzz(func(t *testing.T, der, body []byte) {
		err := signature.DetachedPKCS7(signature.ES256(), base64.StdEncoding.EncodeToString(der), body, []signature.Key{s.Key()}, noon())
		if err == nil && string(body) != payload {
			t.Error("taken for another payload")
		}
		stepOf(t, err)
	})
}

// Whatever ParseKeys takes is public, strong, named, and can be written and read again.
func FuzzParseKeys(f *testing.F) {
	ec := ecKey(f)
	f.Add([]byte(setFile(jwkOf(f, ec.Public(), nil), jwkOf(f, rsaKeys()[0].Public(), func(m map[string]any) { m["kid"] = "b" }))))
	f.Add([]byte(setFile(jwkOf(f, edSigner(f, "a").Key().Public, nil))))
	f.Add([]byte(setFile(jwkOf(f, ec, nil))))
	f.Add([]byte(pemFile("CERTIFICATE", selfSigned(f, ec, nil).Raw)))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA","kid":"a"}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		keys, err := signature.ParseKeys(file)
		if err != nil {
			if keys != nil {
				t.Error("keys with an error")
			}
			return
		}
		written, err := signature.MarshalKeys(keys...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := signature.ParseKeys(written)
		if err != nil || len(again) != len(keys) || bytes.Contains(written, []byte(`"d":`)) {
			t.Errorf("%d keys, written and read %d: %v", len(keys), len(again), err)
		}
	})
}
