package bank

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCallsThatAreNotSent(t *testing.T) {
	base, err := url.Parse("https://api.vtb.example:8443/partner/")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"", "orders", "@evil.example/", ".evil.example/", ":1/", "//evil.example/", "/a//b", "/../admin", "/a/../../b", "/..", "/%2e%2e/admin", "/%2E%2E/",
		"/a%2fb", "/a%5Cb", "/a\\b", "\\\\evil.example", "https://evil.example/", "http:/evil.example", "/a?b=c", "/a#b", "/a\nb", "/a\r\nHost: b", "/a\x00", "/%00",
		"/a%zz", "/a\x7f", "?x", "#x",
	} {
		if target, err := (Call{Method: http.MethodGet, Path: path}).target(base); err == nil {
			t.Errorf("%q becomes %q", path, target)
		}
	}
	for name, call := range map[string]Call{
		"no method":            {Path: "/a"},
		"a method of two":      {Method: "GET /b HTTP/1.1\r\n", Path: "/a"},
		"connect":              {Method: http.MethodConnect, Path: "/a"},
		"a host":               {Method: http.MethodGet, Path: "/a", Header: map[string]string{"Host": "evil.example"}},
		"a length":             {Method: http.MethodGet, Path: "/a", Header: map[string]string{"content-length": "0"}},
		"a coding":             {Method: http.MethodGet, Path: "/a", Header: map[string]string{"Transfer-Encoding": "chunked"}},
		"a cookie":             {Method: http.MethodGet, Path: "/a", Header: map[string]string{"Cookie": "a=b"}},
		"a header in a header": {Method: http.MethodGet, Path: "/a", Header: map[string]string{"x": "a\r\nHost: evil.example"}},
		"a header in a name":   {Method: http.MethodGet, Path: "/a", Header: map[string]string{"x: y\r\nz": "a"}},
	} {
		if err := call.check(base); err == nil {
			t.Errorf("%s is sent", name)
		}
	}
	target, err := Call{Method: http.MethodGet, Path: "/orders/0b1c-%D0%98"}.target(base)
	if err != nil || target != "https://api.vtb.example:8443/partner/orders/0b1c-%D0%98" {
		t.Errorf("%q, %v", target, err)
	}
}

// FuzzTarget: whatever the path is, the call goes to the roster's host, behind the roster's path.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"/orders/1", "//evil", "@evil", "/..", "/%2e%2e", "/a b", "/ü", ":80"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://api.vtb.example/partner")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		target, err := Call{Path: path}.target(base)
		if err != nil {
			return
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
		if err != nil {
			return // nothing is sent
		}
		u := request.URL
		if u.Scheme != "https" || u.Host != "api.vtb.example" || u.User != nil || request.Host != "api.vtb.example" ||
			!strings.HasPrefix(u.EscapedPath(), "/partner/") || !strings.HasPrefix(u.JoinPath().Path, "/partner/") || u.RawQuery != "" {
			t.Errorf("%q goes to %v", path, u)
		}
	})
}
