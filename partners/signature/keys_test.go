package signature_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/poruka/poruka/partners/signature"
)

func jwkOf(t testing.TB, key any, change func(members map[string]any)) string {
	t.Helper()
	content, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(content, &members); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(members)
	}
	if content, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func setFile(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func pemFile(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func must(t testing.TB) func(der []byte, err error) []byte {
	return func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
}

func same(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(x crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

func TestParseKeysReadsSets(t *testing.T) {
	ec, ed := ecKey(t), edSigner(t, "b").Key().Public
	file := ` {"keys":[` + jwkOf(t, ec.Public(), func(m map[string]any) {
		m["use"], m["alg"], m["key_ops"], m["x"+"5u"] = "sig", "ES256", []string{"verify"}, "https://127.0.0.1:1/"
	}) +
		"," + jwkOf(t, ed, func(m map[string]any) { m["kid"] = "b" }) + "," + jwkOf(t, rsaKeys()[0].Public(), func(m map[string]any) { m["kid"] = "c" }) + `],"more":1}`
	keys, err := signature.ParseKeys([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		id     string
		public crypto.PublicKey
	}{{"a", ec.Public()}, {"b", ed}, {"c", rsaKeys()[0].Public()}} {
		key := keys[i]
		if key.ID != want.id || !same(key.Public, want.public) || !key.NotBefore.IsZero() || !key.NotAfter.IsZero() {
			t.Errorf("key %d is %+v", i, key)
		}
	}
}

func TestParseKeysReadsPEM(t *testing.T) {
	key := ecKey(t)
	cert := selfSigned(t, key, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(0xc0ffee) })
	spki := must(t)(x509.MarshalPKIXPublicKey(rsaKeys()[0].Public()))
	keys, err := signature.ParseKeys([]byte("Subject: the bank\n" + pemFile("CERTIFICATE", cert.Raw) + "\nand a key\n" + pemFile("PUBLIC KEY", spki)))
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || keys[0].ID != "c0ffee" || !keys[0].Certificate.Equal(cert) || !keys[0].NotBefore.Equal(cert.NotBefore) || !keys[0].NotAfter.Equal(cert.NotAfter) {
		t.Errorf("keys %+v", keys)
	}
	s := signer(t, rsaKeys()[0], "", nil) // is named as its public half is
	if keys[1].ID != s.Key().ID || len(keys[1].ID) != 43 || keys[1].Certificate != nil || !keys[1].NotAfter.IsZero() {
		t.Errorf("the public key is %+v", keys[1])
	}
}

func TestParseKeysRefuses(t *testing.T) {
	ec := ecKey(t)
	good := jwkOf(t, ec.Public(), nil)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak := &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(1)), E: 65537} // of 2047 bits
	huge := &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 8193), big.NewInt(1)), E: 65537}
	even := &rsa.PublicKey{N: rsaKeys()[0].N, E: 65538}
	low := &rsa.PublicKey{N: rsaKeys()[0].N, E: 3}
	set := func(name string, value any) string {
		return setFile(jwkOf(t, ec.Public(), func(m map[string]any) { m[name] = value }))
	}
	pkcs8 := must(t)(x509.MarshalPKCS8PrivateKey(ec))
	sec1 := must(t)(x509.MarshalECPrivateKey(ec))
	spki := must(t)(x509.MarshalPKIXPublicKey(ec.Public()))
	cert := selfSigned(t, ec, nil)
	many := make([]string, 33)
	for i := range many {
		many[i] = jwkOf(t, ec.Public(), func(m map[string]any) { m["kid"] = string(rune('a'+i%26)) + string(rune('a'+i/26)) })
	}
	tests := []struct{ name, file, want string }{
		{"nothing", "", "neither a key set nor PEM"},
		{"text", "keys", "neither a key set nor PEM"},
		{"too much", strings.Repeat(" ", 256<<10) + "{}", "larger than"},
		{"an empty set", setFile(), "must hold 1 to 32 keys"},
		{"no set", good, "must hold 1 to 32 keys"},
		{"too many", setFile(many...), "must hold 1 to 32 keys"},
		{"a list", "[" + good + "]", "neither a key set nor PEM"},
		{"keys no list", `{"keys":` + good + `}`, "not a key set"},
		{"keys twice", `{"keys":[],"keys":[` + good + `]}`, "not a key set"},
		{"half a set", setFile(good)[:40], "not a key set"},
		{"a set and more", setFile(good) + "{}", "not a key set"},
		{"no object", setFile("5"), "key 1 of the set: not an object"},
		{"null", setFile("null"), "key 1 of the set"},
		{"two of one name", setFile(good, jwkOf(t, ecKey(t).Public(), nil)), `two keys have the id "a"`},
		{"a member twice", setFile(strings.Replace(good, "{", `{"kid":"b",`, 1)), "a name stands there twice"},
		{"private", setFile(jwkOf(t, ec, nil)), "is private or symmetric"},
		{"private RSA", setFile(jwkOf(t, rsaKeys()[0], nil)), "is private or symmetric"},
		{"second is private", setFile(good, jwkOf(t, ec, nil)), "key 2 of the set: is private"},
		{"symmetric", setFile(jwkOf(t, []byte("0123456789abcdef0123456789abcdef"), nil)), "is private or symmetric"},
		{"unknown kind", set("kty", "XYZ"), "of an unknown kind"},
		{"no kind", set("kty", ""), "of an unknown kind"},
		{"no name", set("kid", ""), "kid must be"},
		{"long name", set("kid", strings.Repeat("x", 129)), "kid must be"},
		{"name with a line break", set("kid", "a\nb"), "kid must be"},
		{"for encryption", set("use", "enc"), "use must be sig"},
		{"other algorithm", set("alg", "ES384"), "alg must be ES256"},
		{"point beside the curve", set("x", b64(make([]byte, 32))), "of an unknown kind, or not well formed"},
		{"other curve", setFile(jwkOf(t, p384.Public(), nil)), "must be on P-256"},
		{"RSA too short", setFile(jwkOf(t, weak, nil)), "2048 to 8192 bits"},
		{"RSA too long", setFile(jwkOf(t, huge, nil)), "key 1 of the set"},
		{"even exponent", setFile(jwkOf(t, even, nil)), "exponent"},
		{"low exponent", setFile(jwkOf(t, low, nil)), "exponent"},
		{"certificate of another", set("x5c", []any{cert64(selfSigned(t, ecKey(t), nil))}), "not well formed"},
		{"private PEM", pemFile("PRIVATE KEY", pkcs8), "private keys do not belong here"},
		{"private SEC 1", pemFile("CERTIFICATE", cert.Raw) + pemFile("EC PRIVATE KEY", sec1), "block 2: must be a CERTIFICATE or a PUBLIC KEY"},
		{"a request", pemFile("CERTIFICATE REQUEST", cert.Raw), "must be a CERTIFICATE or a PUBLIC KEY"},
		{"broken certificate", pemFile("CERTIFICATE", cert.Raw[:100]), "block 1: not a certificate"},
		{"certificate and more", pemFile("CERTIFICATE", append(cert.Raw[:len(cert.Raw):len(cert.Raw)], 0)), "block 1: not a certificate"},
		{"broken key", pemFile("PUBLIC KEY", spki[:20]), "block 1: not a public key"},
		{"broken PEM", pemFile("PUBLIC KEY", spki) + "-----BEGIN PUBLIC KEY-----\nAAAA", "a block is broken"},
		{"the same twice", pemFile("PUBLIC KEY", spki) + pemFile("PUBLIC KEY", spki), "two keys have the id"},
		{"other curve in PEM", pemFile("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(p384.Public()))), "must be on P-256"},
		{"weak RSA in PEM", pemFile("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(weak))), "2048 to 8192 bits"},
		{"certificate of an authority", pemFile("CERTIFICATE", selfSigned(t, ec, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }).Raw), "not one for digital signatures"},
		{"certificate on another curve", pemFile("CERTIFICATE", selfSigned(t, p384, nil).Raw), "must be on P-256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys, err := signature.ParseKeys([]byte(test.file))
			if err == nil || !strings.Contains(err.Error(), test.want) || keys != nil {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

func cert64(cert *x509.Certificate) string {
	content, _ := json.Marshal(cert.Raw)
	return strings.Trim(string(content), `"`)
}

// What MarshalKeys writes ParseKeys reads.
func TestMarshalledKeysAreRead(t *testing.T) {
	var want []signature.Key
	for _, s := range []signature.Signer{ecSigner(t, "a"), rsaSigner(t, "b"), edSigner(t, "c")} {
		want = append(want, s.Key())
	}
	file, err := signature.MarshalKeys(want...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := signature.ParseKeys(file)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d keys, %v", len(got), err)
	}
	for i := range got {
		if got[i].ID != want[i].ID || !same(got[i].Public, want[i].Public) {
			t.Errorf("key %d is %+v", i, got[i])
		}
	}
	if _, err := signature.MarshalKeys(signature.Key{Public: []byte("secret")}); err == nil {
		t.Error("a symmetric key is written")
	}
}

func TestSigners(t *testing.T) {
	ec := ecKey(t)
	cert := selfSigned(t, ec, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(0xabc) })
	pkcs8 := pemFile("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(ec)))
	sec1 := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + pemFile("EC PRIVATE KEY", must(t)(x509.MarshalECPrivateKey(ec)))
	ofRSA := pemFile("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(rsaKeys()[0])))
	certPEM := pemFile("CERTIFICATE", cert.Raw)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, file, algorithm, id string }{
		{"PKCS #8", pkcs8, "ES256", signer(t, ec, "", nil).Key().ID},
		{"SEC 1", sec1, "ES256", signer(t, ec, "", nil).Key().ID},
		{"with a certificate", pkcs8 + certPEM, "ES256", "abc"},
		{"certificate first", certPEM + pkcs8, "ES256", "abc"},
		{"RSA", ofRSA, "PS256", signer(t, rsaKeys()[0], "", nil).Key().ID},
		{"nothing", "", "", ""},
		{"no key", certPEM, "", ""},
		{"two keys", pkcs8 + ofRSA, "", ""},
		{"two certificates", pkcs8 + certPEM + certPEM, "", ""},
		{"certificate of another", ofRSA + certPEM, "", ""},
		{"public key", pemFile("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(ec.Public()))), "", ""},
		{"encrypted", pemFile("ENCRYPTED PRIVATE KEY", []byte{1}), "", ""},
		{"broken", pemFile("PRIVATE KEY", []byte{1}), "", ""},
		{"other curve", pemFile("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(p384))), "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := signature.ParseSigner([]byte(test.file))
			if test.algorithm == "" {
				if err == nil {
					t.Error("read")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s.Algorithm() != test.algorithm || s.Key().ID != test.id {
				t.Errorf("%s %s, want %s %s", s.Algorithm(), s.Key().ID, test.algorithm, test.id)
			}
		})
	}
	if named := signer(t, ec, "mine", cert).Key(); named.ID != "mine" || named.Certificate != cert {
		t.Errorf("the key is %+v", named)
	}
	if _, err := signature.NewSigner(nil, "x", nil); err == nil {
		t.Error("a signer of nothing")
	}
}
