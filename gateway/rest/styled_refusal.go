package rest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// contentType is the media type in ConfirmStyledRequest. Dialects call it by the name of its header.
const contentType = "contentType"

func isContentType(path string) bool {
	return path == contentType || strings.EqualFold(path, "Content-Type")
}

// refuse writes a status made by the chain in the dialect of the bank that the path names, if the bank is the caller; otherwise in our
// own form.
func (c *styledCall) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, err error) {
	st := status.Convert(err)
	if !hasReason(st) || c.dialect == nil {
		c.facade.failed(ctx, nil, nil, w, r, err)
		return
	}
	refusal := wire.Refusal(st)
	if st.Code() == codes.InvalidArgument && len(refusal.Fields) == 1 && isContentType(refusal.Fields[0].Path) {
		c.x.status = http.StatusUnsupportedMediaType
	}
	refusal.HTTPStatus = httpStatus(ctx, st)
	refusal.RequestID, refusal.Limits = c.x.styledID, c.limits(ctx)
	message, ok := c.render(refusal)
	if !ok {
		c.facade.failed(ctx, nil, nil, w, r, err)
		return
	}
	errorHeaders(w.Header(), st)
	c.facade.send(w, message)
}

// limits tells a bank how it stands, and nobody else.
func (c *styledCall) limits(ctx context.Context) style.Limits {
	caller, ok := c.facade.config.Chain.Caller(ctx)
	if !ok || caller.Role != certs.RoleBank || caller.ID != c.bank {
		return style.Limits{}
	}
	return c.facade.config.Dialects.Standing(partners.ID(caller.ID))
}

// render lets the dialect write. What it does wrong is ours to see; the bank then gets the error in our own form.
func (c *styledCall) render(refusal style.Refusal) (message style.Message, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			c.facade.config.Logger.Error("a dialect failed to write an error", "dialect", c.dialect.Name(), "panic", fmt.Sprintf("%T", p))
			ok = false
		}
	}()
	message = c.dialect.Refuse(c.accepted, refusal)
	if message.Status < http.StatusBadRequest || message.Status > 599 {
		message.Status = refusal.HTTPStatus
	}
	return message, true
}

// send writes what a dialect has written. The headers of the gateway itself stay as they are.
func (f *facade) send(w http.ResponseWriter, m style.Message) {
	header := w.Header()
	for name, value := range m.Header {
		name = http.CanonicalHeaderKey(name)
		if _, ours := header[name]; ours {
			continue
		}
		if framing[name] || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			f.config.Logger.Error("a dialect wrote a header that cannot be sent")
			continue
		}
		header[name] = []string{value}
	}
	if httpguts.ValidHeaderFieldValue(m.ContentType) {
		header["Content-Type"] = []string{m.ContentType}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(m.Body))}
	w.WriteHeader(m.Status)
	_, _ = w.Write(m.Body) // the caller may be gone
}

// framing are the headers that say where a message ends, or what a browser is to keep: no dialect has a say in them.
var framing = map[string]bool{
	"Connection": true, "Content-Encoding": true, "Content-Length": true, "Content-Type": true, "Keep-Alive": true, "Set-Cookie": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}
