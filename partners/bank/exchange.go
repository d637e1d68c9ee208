package bank

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	defaultReply  = 64 << 10        // bytes of an answer's body
	maxRetryAfter = 5 * time.Minute // that is believed
)

// Errors of a call that is not sent, because it would leave the endpoint or not be one call.
var (
	errPath   = errors.New("the path could leave the endpoint")
	errMethod = errors.New("the method is malformed")
	errHeader = errors.New("a header is malformed or not the caller's to set")
)

// ours are the headers that frame a message or name its receiver.
var ours = map[string]bool{
	"host": true, "connection": true, "content-length": true, "transfer-encoding": true, "te": true, "trailer": true, "upgrade": true,
	"keep-alive": true, "proxy-connection": true, "proxy-authorization": true, "expect": true, "cookie": true,
}

// check refuses what could reach somebody else than the endpoint, or be read as more than one call.
func (c Call) check(base *url.URL) error {
	if _, err := c.target(base); err != nil {
		return err
	}
	if !httpguts.ValidHeaderFieldName(c.Method) || c.Method == http.MethodConnect { // a method is a token, as a header's name is
		return errMethod
	}
	for name, value := range c.Header {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || ours[strings.ToLower(name)] {
			return errHeader
		}
	}
	return nil
}

// target puts the path behind the endpoint's address. Nothing in it may lead elsewhere, not even up to the address itself.
func (c Call) target(base *url.URL) (string, error) {
	lower := strings.ToLower(c.Path) + "/"
	bad := !strings.HasPrefix(c.Path, "/") || strings.Contains(c.Path, "//")
	for _, part := range []string{"/./", "..", "\\", "#", "?", "%2e", "%2f", "%5c", "%00"} {
		bad = bad || strings.Contains(lower, part)
	}
	if bad {
		return "", errPath
	}
	whole := strings.TrimSuffix(base.String(), "/") + c.Path
	parsed, err := url.Parse(whole)
	if err != nil || parsed.Scheme != base.Scheme || parsed.Host != base.Host || parsed.User != nil {
		return "", errPath
	}
	return whole, nil
}

// errTooLong says that the bank answered, but more than was asked for.
var errTooLong = errors.New("the answer is too long")

// errSwitched says that the bank wants to go on in another protocol. Nobody asked for one, and the library's reading of it would heed no
// time and no context.
var errSwitched = errors.New("the bank has switched to another protocol")

// statusError is an answer that is a failure.
type statusError struct {
	status     int
	retryAfter time.Duration
}

func (e *statusError) Error() string { return "status " + strconv.Itoa(e.status) }

// exchange sends a call and reads the whole answer.
func (w *wire) exchange(ctx context.Context, base *url.URL, call Call) (Reply, error) {
	target, err := call.target(base)
	if err != nil {
		return Reply{}, err
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, target, bytes.NewReader(call.Body))
	if err != nil {
		return Reply{}, err
	}
	for name, value := range call.Header {
		request.Header.Set(name, value)
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "poruka")
	}
	response, err := w.http.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return Reply{}, errSwitched
	}
	longest := call.MaxReply
	if longest <= 0 {
		longest = defaultReply
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(longest)+1))
	switch {
	case response.StatusCode >= http.StatusInternalServerError: // whatever its body is
		return Reply{}, &statusError{response.StatusCode, retryAfter(headersOf(response.Header))}
	case err != nil:
		return Reply{}, err
	case len(body) > longest:
		return Reply{}, errTooLong
	}
	return Reply{Status: response.StatusCode, Header: headersOf(response.Header), Body: body}, nil
}

func headersOf(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		out[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return out
}

// retryAfter reads the header of that name, in seconds; 0: there is none, or none to believe.
func retryAfter(headers map[string]string) time.Duration {
	seconds, err := strconv.Atoi(headers["retry-after"])
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
}
