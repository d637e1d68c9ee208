package signature_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/poruka/poruka/partners/signature"
)

func b64(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

// byHand makes a compact JWS with any header, signed by s.
func byHand(t testing.TB, s signature.Signer, header, payload string) string {
	t.Helper()
	message := b64([]byte(header)) + "." + b64([]byte(payload))
	sig, err := s.Sign([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	return message + "." + b64(sig)
}

// What the sender says of algorithms and keys does not matter, but that it must be the dialect's algorithm and a key of the roster.
func TestHeadersThatLie(t *testing.T) {
	s, mine := ecSigner(t, "key"), ecSigner(t, "mine")
	keys := []signature.Key{s.Key()}
	jwk, err := json.Marshal(jose.JSONWebKey{Key: mine.Key().Public, KeyID: "key"})
	if err != nil {
		t.Fatal(err)
	}
	attacker := ecKey(t)
	x5c := base64.StdEncoding.EncodeToString(selfSigned(t, attacker, nil).Raw)
	certified := signer(t, attacker, "key", nil)
	tests := []struct {
		name, header string
		signer       signature.Signer
		want         signature.Step
	}{
		{"plain", `{"alg":"ES256","kid":"key"}`, s, ""},
		{"parts that nobody has to know", `{"alg":"ES256","kid":"key","typ":"JOSE","cty":"x","iat":1,"https://x":{"y":[1]}}`, s, ""},
		{"addresses that nobody follows", `{"alg":"ES256","kid":"key","jku":"https://127.0.0.1:1/x","x5u":"file:///etc/passwd"}`, s, ""},
		{"none", `{"alg":"none","kid":"key"}`, s, signature.Malformed},
		{"no algorithm", `{"kid":"key"}`, s, signature.Malformed},
		{"another algorithm", `{"alg":"ES384","kid":"key"}`, s, signature.Malformed},
		{"the name in lower case", `{"alg":"es256","kid":"key"}`, s, signature.Malformed},
		{"member in upper case", `{"ALG":"ES256","kid":"key"}`, s, signature.Malformed},
		{"algorithm twice", `{"alg":"none","alg":"ES256","kid":"key"}`, s, signature.Malformed},
		{"key twice", `{"alg":"ES256","kid":"key","kid":"key"}`, s, signature.Malformed},
		{"own key brought along", `{"alg":"ES256","jwk":` + string(jwk) + `}`, mine, signature.KeyUnknown},
		{"own key brought along under a good name", `{"alg":"ES256","kid":"key","jwk":` + string(jwk) + `}`, mine, signature.DigestDiffers},
		{"own certificate brought along", `{"alg":"ES256","kid":"key","x5c":["` + x5c + `"]}`, certified, signature.DigestDiffers},
		{"own address of keys", `{"alg":"ES256","kid":"mine","jku":"https://attacker.example/keys"}`, mine, signature.KeyUnknown},
		{"no name", `{"alg":"ES256"}`, s, signature.KeyUnknown},
		{"empty name", `{"alg":"ES256","kid":""}`, s, signature.KeyUnknown},
		{"name of a path", `{"alg":"ES256","kid":"../../key"}`, s, signature.KeyUnknown},
		{"number for a name", `{"alg":"ES256","kid":1}`, s, signature.Malformed},
		{"critical", `{"alg":"ES256","kid":"key","crit":["exp"],"exp":1}`, s, signature.Malformed},
		{"nothing critical", `{"alg":"ES256","kid":"key","crit":[]}`, s, signature.Malformed},
		{"critical and not there", `{"alg":"ES256","kid":"key","crit":["b64"]}`, s, signature.Malformed},
		{"critical twice", `{"alg":"ES256","kid":"key","crit":["b64","b64"],"b64":true}`, s, signature.Malformed},
		{"b64 and not critical", `{"alg":"ES256","kid":"key","b64":true}`, s, signature.Malformed},
		{"b64 as it is anyway", `{"alg":"ES256","kid":"key","b64":true,"crit":["b64"]}`, s, ""},
		{"not in base64", `{"alg":"ES256","kid":"key","b64":false,"crit":["b64"]}`, s, signature.Malformed},
		{"a list", `["ES256","key"]`, s, signature.Malformed},
		{"null", `null`, s, signature.Malformed},
		{"no JSON", `{"alg":"ES256","kid":"key"`, s, signature.Malformed},
		{"more than JSON", `{"alg":"ES256","kid":"key"}{}`, s, signature.Malformed},
		{"long", `{"alg":"ES256","kid":"key","x":"` + strings.Repeat("x", 5000) + `"}`, s, signature.Malformed},
		{"deep", `{"alg":"ES256","kid":"key","x":` + strings.Repeat("[", 1400) + strings.Repeat("]", 1400) + `}`, s, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := signature.CompactJWS(signature.ES256(), []byte(byHand(t, test.signer, test.header, payload)), keys, noon())
			wantStep(t, err, test.want)
		})
	}
}

// The public key is no secret: who takes it for one lets everybody sign.
func TestPublicKeyIsNoSecret(t *testing.T) {
	s := rsaSigner(t, "key")
	der, err := x509.MarshalPKIXPublicKey(s.Key().Public)
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range []string{"HS256", "PS256"} {
		message := b64([]byte(`{"alg":"`+algorithm+`","kid":"key"}`)) + "."
		mac := hmac.New(sha256.New, der)
		mac.Write([]byte(message + b64([]byte(payload))))
		want := signature.DigestDiffers
		if algorithm == "HS256" {
			want = signature.Malformed
		}
		wantStep(t, signature.DetachedJWS(signature.PS256(), message+"."+b64(mac.Sum(nil)), []byte(payload), []signature.Key{s.Key()}, noon()), want)
	}
}

func TestShapesOfJWS(t *testing.T) {
	s := ecSigner(t, "key")
	keys := []signature.Key{s.Key()}
	good := byHand(t, s, `{"alg":"ES256","kid":"key"}`, payload)
	parts := strings.Split(good, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	compact := map[string]string{
		"two parts":          parts[0] + "." + parts[1],
		"four parts":         good + ".x",
		"padded":             good + "==",
		"no signature":       parts[0] + "." + parts[1] + ".",
		"empty header":       "." + parts[1] + "." + parts[2],
		"JSON serialization": `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"base64 of old":      parts[0] + "." + parts[1] + "." + base64.StdEncoding.EncodeToString(raw),
	}
	for name, text := range compact {
		_, err := signature.CompactJWS(signature.ES256(), []byte(text), keys, noon())
		t.Run(name, func(t *testing.T) { wantStep(t, err, signature.Malformed) })
	}
	_, err = signature.CompactJWS(signature.ES256(), []byte(parts[0]+"."+parts[1]+"."+b64(append(raw, 0))), keys, noon())
	wantStep(t, err, signature.DigestDiffers)
	_, err = signature.CompactJWS(signature.ES256(), []byte(parts[0]+"."+parts[1]+"."+b64(make([]byte, 64))), keys, noon()) // r = s = 0
	wantStep(t, err, signature.DigestDiffers)

	detached := parts[0] + ".." + parts[2]
	wantStep(t, signature.DetachedJWS(signature.ES256(), detached, []byte(payload), keys, noon()), "")
	wantStep(t, signature.DetachedJWS(signature.ES256(), good, []byte(payload), keys, noon()), signature.Malformed)
	_, err = signature.CompactJWS(signature.ES256(), []byte(detached), keys, noon()) // an empty payload
	wantStep(t, err, signature.DigestDiffers)
}

// A second implementation, go-jose, takes what is made here, and what it makes is taken here.
func TestJWSAgainstAnotherImplementation(t *testing.T) {
	for _, test := range []struct {
		algorithm jose.SignatureAlgorithm
		verifier  signature.Verifier
		key       crypto.Signer
	}{
		{jose.ES256, signature.ES256(), ecKey(t)},
		{jose.PS256, signature.PS256(), rsaKeys()[0]},
	} {
		t.Run(string(test.algorithm), func(t *testing.T) {
			s := signer(t, test.key, "key", nil)
			keys := []signature.Key{s.Key()}
			body, err := signature.SignCompactJWS(s, []byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := jose.ParseSignedCompact(string(body), []jose.SignatureAlgorithm{test.algorithm})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := theirs.Verify(s.Key().Public); err != nil || string(got) != payload {
				t.Errorf("compact: %v", err)
			}
			sig, err := signature.SignDetachedJWS(s, []byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			if theirs, err = jose.ParseDetached(sig, []byte(payload), []jose.SignatureAlgorithm{test.algorithm}); err != nil {
				t.Fatal(err)
			}
			if err := theirs.DetachedVerify([]byte(payload), s.Key().Public); err != nil {
				t.Errorf("detached: %v", err)
			}
			for _, encoded := range []bool{true, false} {
				options := (&jose.SignerOptions{}).WithType("JOSE")
				if !encoded {
					options = options.WithBase64(false) // critical by itself
				}
				maker, err := jose.NewSigner(jose.SigningKey{Algorithm: test.algorithm, Key: jose.JSONWebKey{Key: test.key, KeyID: "key"}}, options)
				if err != nil {
					t.Fatal(err)
				}
				made, err := maker.Sign([]byte(payload))
				if err != nil {
					t.Fatal(err)
				}
				text, err := made.DetachedCompactSerialize()
				if err != nil {
					t.Fatal(err)
				}
				wantStep(t, signature.DetachedJWS(test.verifier, text, []byte(payload), keys, noon()), "")
			}
		})
	}
}
