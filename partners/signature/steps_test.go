package signature_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/partners/signature"
)

func mustSign(t testing.TB, f form, s signature.Signer, payload string) string {
	t.Helper()
	sig, err := f.sign(s, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestEveryStepOfEveryForm(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			s, other := f.signer(t, "key"), f.signer(t, "other")
			sig := mustSign(t, f, s, payload)
			key := s.Key()
			forged := key // the name of one key, the bytes of another
			forged.Public = other.Key().Public
			early, late := key, key
			early.NotBefore, early.NotAfter = noon().Add(time.Second), noon().Add(time.Hour)
			late.NotBefore, late.NotAfter = noon().Add(-time.Hour), noon().Add(-time.Second)
			tests := []struct {
				name string
				sig  string
				keys []signature.Key
				want signature.Step
			}{
				{"good", sig, []signature.Key{key}, ""},
				{"good, beside another", sig, []signature.Key{other.Key(), key}, ""},
				{"good, before another", sig, []signature.Key{key, other.Key()}, ""},
				{"the same name, old and new", sig, []signature.Key{late, early, key}, ""},
				{"no signature", "", []signature.Key{key}, signature.Malformed},
				{"too long", sig + strings.Repeat("A", 2<<20), []signature.Key{key}, signature.Malformed},
				{"a line break", sig + "\n", []signature.Key{key}, signature.Malformed},
				{"a blank", " " + sig, []signature.Key{key}, signature.Malformed},
				{"no key", sig, nil, signature.KeyUnknown},
				{"the key of somebody else", sig, []signature.Key{other.Key()}, signature.KeyUnknown},
				{"not yet", sig, []signature.Key{early}, signature.KeyInactive},
				{"no more", sig, []signature.Key{late}, signature.KeyInactive},
				{"another key of this name", sig, []signature.Key{forged}, signature.DigestDiffers},
			}
			for _, test := range tests {
				if f.name == "plain" && test.name == "a blank" {
					test.want = signature.KeyUnknown // it is before the name of the key
				}
				t.Run(test.name, func(t *testing.T) {
					wantStep(t, f.check(test.sig, []byte(payload), test.keys, noon()), test.want)
				})
			}
		})
	}
}

// A key without a name is not found by a signature that names none.
func TestNoNameFindsNoKey(t *testing.T) {
	for _, f := range forms()[:3] {
		key := f.signer(t, "key")
		sig := mustSign(t, f, nameless{key}, payload)
		unnamed := key.Key()
		unnamed.ID = ""
		wantStep(t, f.check(sig, []byte(payload), []signature.Key{unnamed}, noon()), signature.KeyUnknown)
	}
}

// nameless signs without saying with which key.
type nameless struct{ signature.Signer }

func (nameless) Key() signature.Key { return signature.Key{} }

func TestStepsAreInOrder(t *testing.T) {
	want := []signature.Step{signature.Malformed, signature.KeyUnknown, signature.KeyInactive, signature.DigestDiffers}
	if got := signature.Steps(); len(got) != len(want) || got[0] != want[0] || got[3] != want[3] {
		t.Errorf("steps %v, want %v", got, want)
	}
}

// A key is valid from its first instant to its last, both included.
func TestBoundsOfValidity(t *testing.T) {
	from, until := noon(), noon().Add(time.Hour)
	tests := []struct {
		name   string
		at     time.Time
		active bool
	}{
		{"before", from.Add(-time.Nanosecond), false},
		{"first", from, true},
		{"last", until, true},
		{"after", until.Add(time.Nanosecond), false},
	}
	for _, f := range forms() {
		s := f.signer(t, "key")
		sig := mustSign(t, f, s, payload)
		key := s.Key()
		key.NotBefore, key.NotAfter = from, until
		for _, test := range tests {
			t.Run(f.name+" "+test.name, func(t *testing.T) {
				want := signature.KeyInactive
				if test.active {
					want = ""
				}
				wantStep(t, f.check(sig, []byte(payload), []signature.Key{key}, test.at), want)
			})
		}
		key.NotBefore, key.NotAfter = time.Time{}, time.Time{}
		wantStep(t, f.check(sig, []byte(payload), []signature.Key{key}, noon().AddDate(500, 0, 0)), "")
	}
}

// No other text is a signature of the payload, and no other payload fits: not with one bit turned, not with a byte more or less.
func TestNothingCanBeChanged(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			s := f.signer(t, "key")
			sig := mustSign(t, f, s, payload)
			keys := []signature.Key{s.Key()}
			wantStep(t, f.check(sig, []byte(payload), keys, noon()), "")
			for i := range len(sig) {
				for bit := range 8 {
					changed := []byte(sig)
					changed[i] ^= 1 << bit
					if err := f.check(string(changed), []byte(payload), keys, noon()); err == nil {
						t.Fatalf("taken with bit %d of byte %d of the signature turned", bit, i)
					}
				}
				if err := f.check(sig[:i]+sig[i+1:], []byte(payload), keys, noon()); err == nil {
					t.Fatalf("taken without byte %d of the signature", i)
				}
			}
			if f.name == "compact JWS" {
				return // the payload is in it
			}
			for i := range len(payload) {
				for bit := range 8 {
					changed := []byte(payload)
					changed[i] ^= 1 << bit
					wantStep(t, f.check(sig, changed, keys, noon()), signature.DigestDiffers)
				}
			}
			wantStep(t, f.check(sig, []byte(payload+" "), keys, noon()), signature.DigestDiffers)
			wantStep(t, f.check(sig, nil, keys, noon()), signature.DigestDiffers)
		})
	}
}

// Every payload can be signed: nothing, what looks like a JWS, any bytes.
func TestEveryPayloadCanBeSigned(t *testing.T) {
	for _, f := range forms() {
		s := f.signer(t, "key")
		for _, payload := range []string{"", ".", "a.b.c", "\x00\xff\n", "1", strings.Repeat("я", 50_000)} {
			sig := mustSign(t, f, s, payload)
			if err := f.check(sig, []byte(payload), []signature.Key{s.Key()}, noon()); err != nil {
				t.Errorf("%s: %d bytes: %v", f.name, len(payload), errors.Unwrap(err))
			}
		}
	}
}

// A signature of one form or algorithm is none of another.
func TestFormsAndAlgorithmsDoNotMix(t *testing.T) {
	all := forms()
	for _, made := range all {
		s := made.signer(t, "key")
		sig := mustSign(t, made, s, payload)
		for _, asked := range all {
			if asked.name != made.name {
				if err := asked.check(sig, []byte(payload), []signature.Key{s.Key()}, noon()); err == nil {
					t.Errorf("%s is taken as %s", made.name, asked.name)
				}
			}
		}
	}
	verifiers := []signature.Verifier{signature.ES256(), signature.PS256(), signature.EdDSA()}
	signers := []signature.Signer{ecSigner(t, "key"), rsaSigner(t, "key"), edSigner(t, "key")}
	for i, s := range signers {
		raw, err := s.Sign([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range verifiers {
			if got := v.Verify(s.Key(), []byte(payload), raw); got != (i == j) {
				t.Errorf("%s takes a signature of %s: %v", v.Algorithm(), s.Algorithm(), got)
			}
			if v.Verify(signature.Key{}, []byte(payload), raw) || v.Verify(s.Key(), []byte(payload), nil) {
				t.Errorf("%s takes a signature without a key, or none", v.Algorithm())
			}
		}
	}
}

// What is logged holds nothing of the message.
func TestErrorsHoldNothingOfTheMessage(t *testing.T) {
	const secret = "11223344595"
	for _, f := range forms() {
		s := f.signer(t, "key")
		sig := mustSign(t, f, s, secret)
		for i := range len(sig) {
			changed := append([]byte(sig[:i]), append([]byte(secret), sig[i:]...)...)
			err := f.check(string(changed), []byte(secret), []signature.Key{s.Key()}, noon())
			if err == nil {
				t.Fatalf("%s: taken with %d bytes more", f.name, len(secret))
			}
			if text := err.Error() + errors.Unwrap(err).Error(); bytes.Contains([]byte(text), []byte(secret)) {
				t.Fatalf("%s: %s", f.name, text)
			}
		}
	}
}
