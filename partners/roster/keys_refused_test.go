package roster_test

import (
	"strings"
	"testing"

	"github.com/poruka/poruka/partners/roster"
)

func TestParseTellsWhatIsWrongWithKeysAndEndpoint(t *testing.T) {
	tests := []struct{ name, old, instead, want string }{
		{"no signature", signed[strings.Index(signed, "    signature:"):strings.Index(signed, "    endpoint:")], "", "line 3: vtb: signature: is missing: the bank's dialect is signed"},
		{"no keys", signed[strings.Index(signed, "      keys:"):strings.Index(signed, "    endpoint:")], "      keys: []\n", "line 9: vtb: signature.keys: must not be empty"},
		{"keys no list", signed[strings.Index(signed, "      keys:"):strings.Index(signed, "    endpoint:")], "      keys: 5\n", "line 9: vtb: signature.keys: must be a list"},
		{"unknown key of a key", "validUntil", "until", `line 12: vtb: unknown key "until"`},
		{"no file", "file: old.jwks\n          validFrom", "validFrom", "line 10: vtb: signature.keys.file: is missing"},
		{"no such file", "old.jwks", "none.jwks", "line 10: vtb: signature.keys.file: cannot be read: open none.jwks"},
		{"symmetric key", "old.jwks", "bad.jwks", "line 10: vtb: signature.keys.file: bad.jwks: key 1 of the set: is private or symmetric"},
		{"broken certificate", "old.jwks", "bad.pem", "line 10: vtb: signature.keys.file: bad.pem: block 1: not a certificate"},
		{"one key in two files", "new.jwks", "twin.jwks", `line 13: vtb: signature.keys.file: holds the key "old", which another file holds too`},
		{"ends before it begins", "validUntil: 2026-12-31", "validUntil: 2025-12-31", "line 12: vtb: signature.keys.validUntil: must not be before validFrom"},
		{"certificate of other days", "new.jwks", "cert.pem", "line 13: vtb: signature.keys.file: the certificate beef in cert.pem is not valid on any of these days"},
		{"keys of another algorithm", "style: vtb", "style: bspb", `line 10: bspb: signature.keys.file: the key "old" is one of ES256, but bspb signs with PS256`},
		{"no certificates", "style: vtb", "style: pochtabank", `signature.keys.file: the key "old" is no certificate, and pochtabank signs with certificates`},
		{"endpoint no object", signed[strings.Index(signed, "    endpoint:"):strings.Index(signed, "    limits")], "    endpoint: https://x\n", "line 15: vtb: must be keys with values"},
		{"no url", "      url: https://api.vtb.example:8443/poruka\n", "", "line 16: vtb: endpoint.url: is missing"},
		{"no ca", "      ca: ca.pem\n", "", "line 16: vtb: endpoint.ca: is missing"},
		{"ca is not there", "ca: ca.pem", "ca: none.pem", "line 17: vtb: endpoint.ca: cannot be read"},
		{"ca is no authority", "ca: ca.pem", "ca: cert.pem", "line 17: vtb: endpoint.ca: cert.pem: must hold certificates of authorities"},
		{"ca is no PEM", "ca: ca.pem", "ca: old.jwks", "line 17: vtb: endpoint.ca: old.jwks: holds no certificate"},
		{"plain http", "https://api", "http://api", "line 16: vtb: endpoint.url: must begin with https://"},
		{"other scheme", "https://api.vtb.example:8443/poruka", "unix:///run/x", "line 16: vtb: endpoint.url: must begin with https://"},
		{"opaque", "https://api.vtb.example:8443/poruka", "https:api.vtb.example", "endpoint.url: must begin with https://"},
		{"user", "https://api", "https://me:secret@api", "endpoint.url: must not hold a user"},
		{"query", ":8443/poruka", ":8443/poruka?x=1", "endpoint.url: must not hold a user, a query"},
		{"empty query", ":8443/poruka", ":8443/poruka?", "endpoint.url: must not hold a user, a query"},
		{"fragment", ":8443/poruka", ":8443/poruka#x", "endpoint.url: must not hold a user, a query or a fragment"},
		{"slash at the end", "8443/poruka", "8443/poruka/", "endpoint.url: must end with the host or a plain path"},
		{"up and away", "8443/poruka", "8443/poruka/../etc", "endpoint.url: must end with the host or a plain path"},
		{"escaped path", "8443/poruka", "8443/%2e%2e", "endpoint.url: must end with the host or a plain path"},
		{"no host", "https://api.vtb.example:8443", "https://", "endpoint.url: must hold a DNS name"},
		{"port too high", "8443", "70000", "endpoint.url: must have a port"},
		{"empty port", "8443", "", "endpoint.url: must have a port"},
		{"number for a name", "api.vtb.example:8443", "2130706433", "endpoint.url: must hold a DNS name"},
		{"hexadecimal", "api.vtb.example:8443", "0x7f.1", "endpoint.url: must hold a DNS name"},
		{"upper case", "api.vtb.example", "API.vtb.example", "endpoint.url: must hold a DNS name"},
		{"address without a name", "https://api.vtb.example:8443/poruka\n      ca: ca.pem\n      serverName: server.vtb.example\n", "https://[::1]:8443\n      ca: ca.pem\n", "endpoint.url: is of an address: then serverName must say"},
		{"name of the server", "server.vtb.example", `"*.vtb.example"`, "line 18: vtb: endpoint.serverName: must be a DNS name"},
		{"server is an address", "server.vtb.example", "10.0.0.1", "line 18: vtb: endpoint.serverName: must be a DNS name"},
		{"timeout", "timeout: 2s", "timeout: 2 seconds", "line 19: vtb: endpoint.timeout: must be a time from 100ms to 30s"},
		{"timeout long", "timeout: 2s", "timeout: 31s", "line 19: vtb: endpoint.timeout: must be a time from"},
		{"timeout zero", "timeout: 2s", "timeout: 0s", "line 19: vtb: endpoint.timeout: must be a time from"},
		{"timeout a number", "timeout: 2s", "timeout: 2", "line 19: vtb: endpoint.timeout: must be a text"},
		{"none at once", "concurrent: 7", "concurrent: 0", "line 20: vtb: endpoint.concurrent: must be a whole number"},
		{"too many at once", "concurrent: 7", "concurrent: 1001", "line 20: vtb: endpoint.concurrent: must be at most 1000"},
		{"path without a slash", "ordersPath: /orders", "ordersPath: orders", "line 21: vtb: endpoint.ordersPath: must begin with a slash"},
		{"path upwards", "ordersPath: /orders", "ordersPath: /a/../b", "line 21: vtb: endpoint.ordersPath: must begin with a slash"},
		{"path with a query", "eventsPath: /v1/events", "eventsPath: /v1?x", "line 22: vtb: endpoint.eventsPath: must begin with a slash"},
		{"path with two slashes", "eventsPath: /v1/events", "eventsPath: //evil.example", "line 22: vtb: endpoint.eventsPath: must begin with a slash"},
		{"plain link", "https://vtb", "http://vtb", "line 23: vtb: endpoint.link: must be an address that begins with https://"},
		{"link without a place", "{order}?code={code}", "x", "line 23: vtb: endpoint.link: must hold {order} or {code}"},
		{"link with another place", "{code}", "{name}", "line 23: vtb: endpoint.link: knows no {name}"},
		{"link of a place", "vtb.example/agree/{order}", "{order}.example/", "line 23: vtb: endpoint.link: must not hold {order} or {code} in its host"},
		{"link with a user", "https://vtb", "https://{code}@vtb", "line 23: vtb: endpoint.link: must be an address"},
		{"link half open", "{code}", "{code}{", "line 23: vtb: endpoint.link: must be an address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(signed, test.old) {
				t.Fatalf("%q is not in the file", test.old)
			}
			content := strings.Replace(signed, test.old, test.instead, 1)
			if strings.HasPrefix(test.old, "style: ") { // the messages name the bank
				content = strings.Replace(content, "id: vtb", "id: "+strings.TrimPrefix(test.instead, "style: "), 1)
			}
			_, err := parseSigned(t, content)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q in it", err, test.want)
			}
		})
	}
}

// Without a reader the form alone is checked, and nobody can sign.
func TestParseWithoutFiles(t *testing.T) {
	known := known(t)
	known.Read = nil
	banks, err := roster.Parse([]byte(signed), known)
	if err != nil || banks[0].Keys != nil || banks[0].Endpoint.Authority != nil {
		t.Errorf("%+v, %v", banks, err)
	}
}
