package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// logPath is where the log is published.
const logPath = "/log/"

// Log reads what is published of the log; a *tlog.Publisher is one.
type Log interface {
	// Read gives the content of a resource. Errors are tlog.ErrNoPath, and those of the ledger.
	Read(context.Context, tlog.Resource) (tlog.Published, error)
}

// forEver is for what never changes. Only the caller's own cache may keep it: who may read it is for the gateway to say.
const forEver = "private, max-age=31536000, immutable"

// published serves the log in the layout of C2SP tlog-tiles.
type published struct{ log Log }

// serve answers with a checkpoint, a tile or a bundle. A full tile may be kept for ever. The rest is not kept at all: a checkpoint is
// followed by another, and a tile that is not full is of use only until it is.
func (p published) serve(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	resource, err := tlog.ParsePath(strings.TrimPrefix(r.URL.EscapedPath(), logPath))
	if err != nil {
		return fault.New(fault.NotFound, fault.LogNotSoLong)
	}
	content, err := p.log.Read(ctx, resource)
	if errors.Is(err, tlog.ErrNoPath) {
		return fault.New(fault.NotFound, fault.LogNotSoLong)
	}
	if err != nil {
		return refusal.Ledger(err)
	}
	header := w.Header()
	header.Set("Content-Type", content.ContentType)
	header.Set("Content-Length", strconv.Itoa(len(content.Content)))
	if content.Final && resource.Width == ledger.BlockSize {
		header.Set("Cache-Control", forEver)
	}
	_, _ = w.Write(content.Content) // the caller may be gone
	return nil
}
