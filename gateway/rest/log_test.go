package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/intercept/chaintest"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// publishedLog is a log of one full tile and one that has three hashes.
type publishedLog struct{}

// Read gives what is there.
func (publishedLog) Read(_ context.Context, r tlog.Resource) (tlog.Published, error) {
	switch {
	case r.IsCheckpoint:
		return tlog.Published{Content: []byte("a checkpoint\n"), ContentType: "text/plain; charset=utf-8"}, nil
	case r.Tile.Index == 0, r.Tile.Index == 1 && r.Width <= 3:
		return tlog.Published{Content: []byte(strings.Repeat("h", 32*r.Width)), ContentType: "application/octet-stream", Final: true}, nil
	case r.Tile.Index == 7:
		return tlog.Published{}, fmt.Errorf("%w: no line", ledger.ErrUnavailable)
	default:
		return tlog.Published{}, tlog.ErrNoPath
	}
}

func TestTheLogIsPublished(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	for _, name := range names {
		c := client(t, d, true, d.Client(t, name))
		for _, one := range []struct {
			path, contentType, cache string
			size                     int
		}{
			{"/log/checkpoint", "text/plain; charset=utf-8", "no-store", 13},
			{"/log/tile/0/000", "application/octet-stream", "private, max-age=31536000, immutable", 8192},
			{"/log/tile/entries/000", "application/octet-stream", "private, max-age=31536000, immutable", 8192},
			{"/log/tile/0/001.p/3", "application/octet-stream", "no-store", 96},
		} {
			a := ask(t, c, http.MethodGet, base+one.path, "")
			if a.status != http.StatusOK || a.header.Get("Content-Type") != one.contentType || a.header.Get("Cache-Control") != one.cache || len(a.body) != one.size {
				t.Errorf("%s %s: %d, %s, %s, %d bytes", name, one.path, a.status, a.header.Get("Content-Type"), a.header.Get("Cache-Control"), len(a.body))
			}
		}
	}
	if logged := strings.Join(d.Log.Take(), "\n"); !strings.Contains(logged, `"method":"GET /log/"`) {
		t.Errorf("nothing of the log was audited: %s", logged)
	}
}

func TestWhatTheLogDoesNotHave(t *testing.T) {
	d := chaintest.New(t)
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	for _, path := range []string{
		"/log/", "/log/tile/0/001", "/log/tile/0/001.p/4", "/log/tile/0/002", "/log/tile/0/000.p/256", "/log/tile/0/1", "/log/tile/9/000",
		"/log/checkpoint/", "/log/Checkpoint", "/log/tile/0/x000/000", "/log/tile%2F0/000", "/log/..%2fopenapi.json", "/log/%63heckpoint",
	} {
		a := ask(t, c, http.MethodGet, base+path, "")
		wantError(t, path, a, http.StatusNotFound, "LOG_NOT_SO_LONG")
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a cache may keep that it is not there: %s", path, a.header.Get("Cache-Control"))
		}
	}
	wantError(t, "the store is away", ask(t, c, http.MethodGet, base+"/log/tile/0/007", ""), http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE")
	wantError(t, "POST", ask(t, c, http.MethodPost, base+"/log/checkpoint", "{}"), http.StatusNotFound, "METHOD_UNKNOWN")
	wantError(t, "no slash", ask(t, c, http.MethodGet, base+"/log", ""), http.StatusNotFound, "METHOD_UNKNOWN")
}
