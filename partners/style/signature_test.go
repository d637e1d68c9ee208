package style

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"testing"

	"github.com/poruka/poruka/partners/signature"
)

// swapped is an algorithm that nobody but its bank has: what a GOST module would bring. It signs with the message in reverse, and its
// keys are of its own kind.
type swapped struct{}

type swappedKey string

func (swapped) Algorithm() string { return "GOST3410" }

func (swapped) Verify(key signature.Key, message, sig []byte) bool {
	secret, ok := key.Public.(swappedKey)
	want, _ := swapped{}.Sign(message)
	return ok && secret == "of VTB" && bytes.Equal(want, sig)
}

func (swapped) Key() signature.Key {
	return signature.Key{ID: "gost-1", Public: crypto.PublicKey(swappedKey("of VTB"))}
}

func (swapped) Sign(message []byte) ([]byte, error) {
	sig := bytes.Clone(message)
	for i, j := 0, len(sig)-1; i < j; i, j = i+1, j-1 {
		sig[i], sig[j] = sig[j], sig[i]
	}
	return sig[:min(len(sig), 64)], nil
}

func TestVTBTakesAnotherAlgorithm(t *testing.T) {
	d := VTB(swapped{})
	m, err := d.Encode(request(), swapped{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(m, []signature.Key{swapped{}.Key()}, noon()); err != nil {
		t.Error("the bank's own algorithm is not taken:", err)
	}
	if _, err := d.Decode(m, keysOf("vtb"), noon()); stepOf(err) != signature.KeyUnknown {
		t.Error("without its key:", err)
	}
	edwards, _ := VTB(signature.EdDSA()).Encode(request(), signerOf("vtb"))
	if _, err := d.Decode(edwards, keysOf("vtb"), noon()); stepOf(err) != signature.DigestDiffers {
		t.Error("a signature of another algorithm:", err)
	}
}

func stepOf(err error) signature.Step {
	bad := new(signature.Error)
	if !errors.As(err, &bad) {
		return ""
	}
	return bad.Step
}

// TestSignatureSteps: each step of the check fails by itself, in each dialect that signs, and the id is told all the same where it does
// not stand in what could not be believed.
func TestSignatureSteps(t *testing.T) {
	for _, bank := range all().Names() {
		d, signer := dialect(t, bank), signerOf(bank)
		if signer == nil {
			continue
		}
		good, err := d.Encode(request(), signer)
		if err != nil {
			t.Fatal(err)
		}
		none := Message{ContentType: good.ContentType, Header: Header{}, Body: good.Body}
		for _, name := range d.table.headers() {
			if id, ok := good.Header[name]; ok {
				none.Header[name] = id
			}
		}
		if bank == "sberbank" {
			none.Body = []byte(`{"RqUID":"0f8fad5bd9cb469fa16570867728950e"}`)
		}
		expired := signer.Key()
		expired.NotBefore, expired.NotAfter = noon().AddDate(-2, 0, 0), noon().AddDate(-1, 0, 0)
		for _, c := range []struct {
			name string
			in   Message
			keys []signature.Key
			want signature.Step
		}{
			{"right", good, keysOf(bank), ""},
			{"old and new key", good, append([]signature.Key{{ID: "old"}}, keysOf(bank)...), ""},
			{"none", none, keysOf(bank), signature.Malformed},
			{"no key", good, nil, signature.KeyUnknown},
			{"key out of force", good, []signature.Key{expired}, signature.KeyInactive},
			{"another body", tampered(d, good), keysOf(bank), signature.DigestDiffers},
		} {
			r, err := d.Decode(c.in, c.keys, noon())
			if stepOf(err) != c.want || (err != nil) != (c.want != "") {
				t.Errorf("%s, %s: %v, want %q", bank, c.name, err, c.want)
			}
			if r.ID != request().ID {
				t.Errorf("%s, %s: the id is %q", bank, c.name, r.ID)
			}
		}
	}
}

// tampered changes one letter of what was signed.
func tampered(d *tabled, m Message) Message {
	out := Message{ContentType: m.ContentType, Header: maps.Clone(m.Header), Body: bytes.Clone(m.Body)}
	if _, enveloped := d.seal.(compactJWS); enveloped {
		at := bytes.IndexByte(out.Body, '.') + 40
		out.Body[at] ^= 1
		return out
	}
	out.Body = bytes.Replace(out.Body, []byte("Соколова"), []byte("Соколовы"), 1)
	return out
}

// TestSignedVectors reads what a bank has once put on the line, with a key that is no more.
func TestSignedVectors(t *testing.T) {
	for _, bank := range all().Names() {
		if signerOf(bank) == nil {
			continue
		}
		d, dir := dialect(t, bank), "testdata/"+bank+"/signed/"
		if update() {
			writeSigned(t, d, dir)
		}
		content, err := os.ReadFile(dir + "keys.pem")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := signature.ParseKeys(content)
		if err != nil {
			t.Fatal(bank, err)
		}
		r, err := d.Decode(readMessage(t, dir+"request"), keys, noon())
		if err != nil {
			t.Error(bank, err)
		}
		golden(t, dir+"want.json", neutral(r, err))
	}
}

func writeSigned(t *testing.T, d *tabled, dir string) {
	t.Helper()
	m, err := d.Encode(request(), signerOf(d.name))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyFile(signerOf(d.name).Key())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"request": printed(m), "keys.pem": keys} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// keyFile is a certificate, if there is one, or a key set.
func keyFile(key signature.Key) ([]byte, error) {
	if key.Certificate != nil {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Certificate.Raw}), nil
	}
	return signature.MarshalKeys(key)
}
