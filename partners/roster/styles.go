package roster

import "github.com/poruka/poruka/partners/signature"

// Style is a dialect, and how it is signed.
type Style struct {
	Name         string
	Algorithm    string // ES256, PS256 or EdDSA; empty: it is not signed. Otherwise a bank that speaks it must have keys, and of this kind
	Certificates bool   // each key must be a certificate
}

// Standard is the dialects that the gateway comes with.
func Standard() []Style {
	return []Style{
		{Name: "bspb", Algorithm: signature.PS256().Algorithm()},
		{Name: "pochtabank", Algorithm: signature.ES256().Algorithm(), Certificates: true},
		{Name: "sberbank", Algorithm: signature.ES256().Algorithm()},
		{Name: "tinkoff"},
		{Name: "vtb", Algorithm: signature.EdDSA().Algorithm()},
	}
}

// misfit says why a key is none for the dialect; empty when it is one. A bank may have keys for a dialect that it does not speak yet.
func (s Style) misfit(key signature.Key) string {
	switch {
	case s.Algorithm == "":
		return ""
	case key.Algorithm() != s.Algorithm:
		return "is one of " + key.Algorithm() + ", but " + s.Name + " signs with " + s.Algorithm
	case s.Certificates && key.Certificate == nil:
		return "is no certificate, and " + s.Name + " signs with certificates"
	}
	return ""
}
