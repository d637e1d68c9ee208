package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// maxReply is more than any answer needs, in bytes.
const maxReply = 256 << 10

// reply is what came back.
type reply struct {
	message style.Message
	answer  *style.Answer  // of a decision that could be read
	refusal *style.Refusal // of a refusal that could be read
}

// encode writes a request as the bank does.
func (b *Bank) encode(r style.Request) (style.Message, error) {
	m, err := b.cfg.Dialect.Encode(r, b.cfg.Signer)
	if err != nil {
		return style.Message{}, errors.New("this program cannot write the request in the bank's dialect") // the error may name values
	}
	return m, nil
}

// decode reads a request of ours as the gateway does.
func (b *Bank) decode(m style.Message) (style.Request, error) {
	var keys []signature.Key
	if b.cfg.Signer != nil {
		keys = append(keys, b.cfg.Signer.Key())
	}
	r, err := b.cfg.Dialect.Decode(m, keys, b.now())
	if err != nil {
		return style.Request{}, errors.New("this program cannot read its own request; are the times of the signing key over?")
	}
	return r, nil
}

// ask sends a request in the bank's dialect.
func (b *Bank) ask(ctx context.Context, r style.Request) (reply, error) {
	m, err := b.encode(r)
	if err != nil {
		return reply{}, err
	}
	return b.post(ctx, m)
}

// post sends a message to the bank's own door and reads what comes.
func (b *Bank) post(ctx context.Context, m style.Message) (reply, error) {
	return b.postTo(ctx, b.client, b.cfg.ID, m)
}

func (b *Bank) postTo(ctx context.Context, client *http.Client, door partners.ID, m style.Message) (reply, error) {
	request, err := b.styled(ctx, door, m)
	if err != nil {
		return reply{}, err
	}
	message, err := exchange(client, request)
	if err != nil {
		return reply{}, err
	}
	return b.read(message), nil
}

func (b *Bank) url(path string) string { return "https://" + b.cfg.Address + path }

func (b *Bank) styled(ctx context.Context, door partners.ID, m style.Message) (*http.Request, error) {
	if b.pace.Wait(ctx) != nil {
		return nil, errLate
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url("/v1/banks/"+string(door)+"/confirmations"), bytes.NewReader(m.Body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", m.ContentType)
	for name, value := range m.Header {
		request.Header.Set(name, value)
	}
	return request, nil
}

// exchange sends a request and reads the whole answer.
func exchange(client *http.Client, request *http.Request) (style.Message, error) {
	response, err := client.Do(request)
	if err != nil {
		return style.Message{}, broken(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err != nil {
		return style.Message{}, broken(err)
	}
	if len(body) > maxReply {
		return style.Message{}, fmt.Errorf("wanted an answer; came more than %d bytes", maxReply)
	}
	m := style.Message{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Header: style.Header{}, Body: body}
	for name, values := range response.Header {
		m.Header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return m, nil
}

// Ways in which no answer comes.
var (
	errLate    = errors.New("no answer came in time")
	errTLS     = errors.New("the gateway has ended the TLS handshake")
	errBroken  = errors.New("the connection broke")
	errRefused = errors.New("nobody listens there, or the address is wrong")
	errForeign = errors.New("the server's certificate is not one that the CA vouches for under this name")
)

// broken says how an answer failed to come. Errors of the client hold addresses, so the rest of them is let go.
func broken(err error) error {
	var alert tls.AlertError
	var foreign *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errLate
	case errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls:"):
		return errTLS
	case errors.As(err, &foreign):
		return errForeign
	case errors.As(err, &op) && op.Op == "dial":
		return errRefused
	default:
		return errBroken
	}
}

// read reads what came, in the bank's form. A dialect's error is let go: it may show what it could not read.
func (b *Bank) read(m style.Message) reply {
	r := reply{message: m}
	if m.Status >= 200 && m.Status < 300 {
		if answer, err := b.cfg.Dialect.ReadAnswer(m); err == nil && answer.Outcome != "" {
			r.answer = &answer
			b.saw(answer)
		}
		return r
	}
	if refusal, err := b.cfg.Dialect.ReadRefusal(m); err == nil && refusal.Reason.Code != "" {
		r.refusal = &refusal
	}
	return r
}
