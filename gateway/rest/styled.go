package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/style"
)

// Dialects knows how banks write.
type Dialects interface {
	// Of gives the dialect of a bank; ok is false for a bank that has none, and for one that does not exist.
	Of(bank partners.ID) (dialect style.Dialect, ok bool)
	// Standing tells how much more a bank may send.
	Standing(bank partners.ID) style.Limits
}

// styledMethod is the method whose route takes and gives what banks write.
const styledMethod = porukav1.ConfirmationService_ConfirmStyled_FullMethodName

// styledOver serves the method whose messages are the bank's own; grpc-gateway would want them in JSON of ours.
func (f *facade) styledOver(route Route) error {
	if route.Verb != http.MethodPost || !strings.Contains(route.Path, "{bank}") {
		return fmt.Errorf("rest: the route of %s is not one of a bank", route.Method.FullName())
	}
	return f.routes.HandlePath(route.Verb, route.Path, f.styled) // the newest handler of a path goes first
}

// styledCall is one request in the dialect of the bank that the path names.
type styledCall struct {
	facade   *facade
	x        *exchange
	bank     string
	dialect  style.Dialect // nil when the bank has none, or is none, or is not the caller
	accepted style.Message // what the caller has sent; its body only once the chain has let the caller in
}

func (f *facade) styled(w http.ResponseWriter, r *http.Request, path map[string]string) {
	ctx := r.Context()
	c := &styledCall{facade: f, x: exchangeOf(ctx), bank: path["bank"]}
	if f.config.Dialects != nil && isBank(r, c.bank) {
		if dialect, ok := f.config.Dialects.Of(partners.ID(c.bank)); ok {
			c.dialect = dialect
		}
	}
	answer, err := f.hop.call(ctx, styledMethod, c.decode)
	if err != nil {
		c.refuse(ctx, w, r, err)
		return
	}
	written, ok := answer.(*porukav1.ConfirmStyledResponse)
	if !ok {
		f.failed(ctx, nil, nil, w, r, errNoMessage)
		return
	}
	headers := make(style.Header, len(written.GetHeaders()))
	for _, h := range written.GetHeaders() {
		headers[h.GetName()] = h.GetValue()
	}
	status := int(written.GetHttpStatus())
	if status < http.StatusOK || status > 599 {
		status = http.StatusOK
	}
	f.send(w, style.Message{Status: status, ContentType: written.GetContentType(), Header: headers, Body: written.GetBody()})
}

// isBank reports whether the connection's certificate is that of a bank. To anybody else the bank's dialect is no dialect: whether a bank
// is a partner, and how it writes, is not theirs to learn. It gives no right; a certificate that was revoked since is still the bank's.
func isBank(r *http.Request, bank string) bool {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || len(r.TLS.PeerCertificates[0].URIs) != 1 {
		return false
	}
	leaf := r.TLS.PeerCertificates[0]
	caller, err := certs.CallerOf(leaf, leaf.URIs[0].Host) // of our own authority, as the handshake has made sure
	return err == nil && caller.Role == certs.RoleBank && caller.ID == bank
}

// decode reads the request. The chain calls it once the caller is known and may call.
func (c *styledCall) decode(into any) error {
	request, ok := into.(*porukav1.ConfirmStyledRequest)
	if !ok {
		return fault.Wrap(fault.Internal, fault.Defect, errNoMessage)
	}
	if c.x.r.URL.RawQuery != "" {
		return malformed("a query is not taken with this method; put everything into the body")
	}
	if err := c.x.checkEncoding(); err != nil {
		return err
	}
	types := c.x.r.Header["Content-Type"]
	if len(types) != 1 {
		c.x.status = http.StatusUnsupportedMediaType
		return fault.InvalidFields(fault.Violation{Field: contentType, Reason: fault.FieldFormat, Text: "must be given once"})
	}
	body, err := c.x.read()
	if err != nil {
		return err
	}
	request.Bank, request.ContentType, request.Body, request.Headers = c.bank, types[0], body, c.headers()
	c.accepted = style.Message{ContentType: types[0], Header: style.Header{}, Body: body}
	for _, h := range request.GetHeaders() {
		c.accepted.Header[h.GetName()] = h.GetValue()
	}
	return nil
}

// headers are those that the dialect reads, as often as they were sent; every other stays outside.
func (c *styledCall) headers() []*porukav1.StyledHeader {
	if c.dialect == nil {
		return nil
	}
	var list []*porukav1.StyledHeader
	for _, name := range c.dialect.Headers() {
		for _, value := range c.x.r.Header[http.CanonicalHeaderKey(name)] {
			list = append(list, &porukav1.StyledHeader{Name: name, Value: value})
		}
	}
	return list
}

// call calls a unary method with what decode reads.
func (h *hop) call(ctx context.Context, method string, decode func(any) error) (proto.Message, error) {
	m, found := h.unary[method]
	x := exchangeOf(ctx)
	if !found || x == nil {
		return nil, errNoMessage
	}
	answer, err := m.handler(m.impl, x.serverContext(ctx), decode, nil)
	if err != nil {
		return nil, err
	}
	message, ok := answer.(proto.Message)
	if !ok {
		return nil, errNoMessage
	}
	return message, nil
}
