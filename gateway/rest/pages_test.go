package rest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func TestPages(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	for _, name := range names {
		c := client(t, d, true, d.Client(t, name))
		a := ask(t, c, http.MethodGet, base+"/openapi.json", "")
		var description struct {
			OpenAPI string
			Paths   map[string]any
		}
		if err := json.Unmarshal([]byte(a.body), &description); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" ||
			!strings.HasPrefix(description.OpenAPI, "3.") || description.Paths["/v1/confirmations"] == nil {
			t.Errorf("%s: %d %s %v", name, a.status, a.header.Get("Content-Type"), err)
		}
		if a := ask(t, c, http.MethodGet, base+"/docs", ""); a.status != http.StatusOK || !strings.Contains(a.body, "swagger-ui") {
			t.Errorf("%s: docs %d", name, a.status)
		}
	}
}

// The page of the API runs its own scripts and nobody else's: every script that stands in it is allowed by its digest, and all other files
// are its own.
func TestTheDocsPageUnderItsPolicy(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "portal"))
	a := ask(t, c, http.MethodGet, base+"/docs", "")
	policy := a.header.Get("Content-Security-Policy")
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(a.body, -1)
	if len(scripts) == 0 || len(a.header.Values("Content-Security-Policy")) != 1 {
		t.Fatalf("%d scripts in the page, policies %q", len(scripts), a.header.Values("Content-Security-Policy"))
	}
	for _, s := range scripts {
		digest := sha256.Sum256([]byte(s[1]))
		if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'") {
			t.Errorf("a script of the page is not allowed: %.60s", s[1])
		}
	}
	scriptRule := regexp.MustCompile(`script-src ([^;]*)`).FindString(policy)
	if strings.Contains(scriptRule, "unsafe") || strings.Contains(policy, "http:") || strings.Contains(policy, "*") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	files := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(a.body, -1)
	if len(files) < 3 {
		t.Fatalf("files %v", files)
	}
	for _, f := range files {
		if !strings.HasPrefix(f[1], "/docs/") {
			t.Errorf("the page wants %s", f[1])
			continue
		}
		if a := ask(t, c, http.MethodGet, base+f[1], ""); a.status != http.StatusOK || len(a.body) < 100 {
			t.Errorf("%s: %d, %d bytes", f[1], a.status, len(a.body))
		}
	}
	if a := ask(t, c, http.MethodPost, base+"/docs", "{}"); a.status != http.StatusNotFound {
		t.Errorf("POST /docs: %d", a.status)
	}
}
