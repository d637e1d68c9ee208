package rest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/swaggest/swgui/v5emb"

	"github.com/poruka/poruka/api"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/intercept"
)

// docsPath is where the page of the API lives, with its scripts below.
const docsPath = "/docs"

// page is something to read that is no method.
type page struct {
	through func(context.Context, func(context.Context) error) error // the chain, under the page's name
	show    http.Handler
	policy  string // its Content-Security-Policy
}

type pages struct {
	openAPI, docs page
}

func newPages(chain *intercept.Chain) (*pages, error) {
	ui := v5emb.New("Poruka", "/openapi.json", docsPath)
	p := &pages{
		openAPI: page{through: chain.Page(access.PageOpenAPI), show: http.HandlerFunc(serveOpenAPI), policy: "default-src 'none'"},
		docs:    page{through: chain.Page(access.PageDocs), show: ui},
	}
	p.docs.policy = policyOf(ui)
	return p, nil
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(api.OpenAPI) // the caller may be gone
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policyOf allows the page's own files and, by their digests, the scripts that stand in it; nothing else, and nobody else's.
func policyOf(ui http.Handler) string {
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, docsPath, http.NoBody))
	scripts := []string{"'self'"}
	for _, found := range inlineScript.FindAllStringSubmatch(w.Body.String(), -1) {
		digest := sha256.Sum256([]byte(found[1]))
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'")
	}
	return "default-src 'none'; script-src " + strings.Join(scripts, " ") +
		"; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
}

// find gives the page of a request; nil when it is for a route.
func (p *pages) find(r *http.Request) *page {
	if r.Method != http.MethodGet {
		return nil
	}
	switch path := r.URL.Path; {
	case path == "/openapi.json":
		return &p.openAPI
	case path == docsPath, strings.HasPrefix(path, docsPath+"/"):
		return &p.docs
	default:
		return nil
	}
}

func (f *facade) page(ctx context.Context, w http.ResponseWriter, r *http.Request, p *page) {
	x := exchangeOf(ctx)
	err := p.through(x.serverContext(ctx, docsPath), func(context.Context) error {
		w.Header().Set("Content-Security-Policy", p.policy)
		p.show.ServeHTTP(w, r)
		return nil
	})
	if err != nil {
		f.writeError(ctx, w, err)
	}
}
