package rest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
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
	// show answers; an error, a fault, is told instead of a page and comes before anything was written.
	show   func(context.Context, http.ResponseWriter, *http.Request) error
	policy string // its Content-Security-Policy; empty: that of every answer
}

type pages struct {
	openAPI, docs, log page
}

func newPages(chain *intercept.Chain, log Log) *pages {
	ui := v5emb.New("Poruka", "/openapi.json", docsPath)
	showUI := func(_ context.Context, w http.ResponseWriter, r *http.Request) error {
		ui.ServeHTTP(w, r)
		return nil
	}
	return &pages{
		openAPI: page{through: chain.Page(access.PageOpenAPI), show: serveOpenAPI, policy: "default-src 'none'"},
		docs:    page{through: chain.Page(access.PageDocs), show: showUI, policy: policyOf(ui)},
		log:     page{through: chain.Page(access.PageLog), show: published{log}.serve},
	}
}

func serveOpenAPI(_ context.Context, w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(api.OpenAPI) // the caller may be gone
	return nil
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policyOf allows the page's own files and, by their digests, the scripts that stand in it; nothing else, and nobody else's.
func policyOf(ui http.Handler) string {
	shown := &capture{header: http.Header{}}
	ui.ServeHTTP(shown, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: docsPath}, Header: http.Header{}, Body: http.NoBody})
	scripts := []string{"'self'"}
	for _, found := range inlineScript.FindAllStringSubmatch(shown.body.String(), -1) {
		digest := sha256.Sum256([]byte(found[1]))
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'")
	}
	return "default-src 'none'; script-src " + strings.Join(scripts, " ") +
		"; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
}

// capture keeps a page instead of sending it.
type capture struct {
	header http.Header
	body   strings.Builder
}

// Header gives the headers.
func (c *capture) Header() http.Header { return c.header }

// Write keeps a piece.
func (c *capture) Write(p []byte) (int, error) { return c.body.Write(p) }

// WriteHeader does nothing.
func (*capture) WriteHeader(int) {}

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
	case strings.HasPrefix(path, logPath):
		return &p.log
	default:
		return nil
	}
}

func (f *facade) page(ctx context.Context, w http.ResponseWriter, r *http.Request, p *page) {
	x := exchangeOf(ctx)
	err := p.through(x.serverContext(ctx), func(ctx context.Context) error {
		if p.policy != "" {
			w.Header().Set("Content-Security-Policy", p.policy)
		}
		return p.show(ctx, w, r)
	})
	if err != nil {
		f.writeError(ctx, w, err)
	}
}
