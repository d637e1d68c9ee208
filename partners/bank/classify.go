package bank

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
)

// ended is what a call without an answer is whose context is over.
func ended(ctx context.Context) *Error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errTimeout) || errors.Is(cause, errDeadline) {
		return &Error{Cause: Timeout, err: cause}
	}
	return &Error{Cause: GivenUp, err: cause}
}

// classify tells why a call failed, and what it says of the bank. The library's own words may hold a piece of what the bank sent, so
// only errors of known kinds are kept.
func classify(ctx context.Context, err error) (failed *Error, verdict error) {
	if status := (*statusError)(nil); errors.As(err, &status) {
		return &Error{Cause: ServerError, RetryAfter: status.retryAfter, err: status}, errBank
	}
	if errors.Is(err, errTooLong) { // it answered, below 500
		return &Error{Cause: Malformed, err: errTooLong}, nil
	}
	if errors.Is(err, errSwitched) {
		return &Error{Cause: Malformed, err: errSwitched}, errBank
	}
	if ctx.Err() != nil {
		failed = ended(ctx)
		if errors.Is(failed.err, errTimeout) {
			return failed, errBank
		}
		return failed, errVoid
	}
	if errors.Is(err, errCertificate) {
		return &Error{Cause: Refused, err: err}, errVoid
	}
	if outer := (*url.Error)(nil); errors.As(err, &outer) { // its text has the address, which could be taken for a cause
		err = outer.Err
	}
	return &Error{Cause: causeOf(err), err: known(err)}, errBank
}

func causeOf(err error) Cause {
	var unverified *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.As(err, &unverified):
		return Certificate
	case errors.As(err, &network) && network.Timeout():
		return Timeout
	case isMalformed(err):
		return Malformed
	default:
		return Refused
	}
}

// isMalformed knows what net/http has no types for.
func isMalformed(err error) bool {
	text := err.Error()
	for _, part := range []string{
		"malformed", "response headers exceeded", "header list", "bad Content-Length", "invalid byte in chunk",
		"PROTOCOL_ERROR", "COMPRESSION_ERROR", "FRAME_SIZE_ERROR", "FLOW_CONTROL_ERROR",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

var (
	errHTTP = errors.New("what the bank sent is no HTTP")
	errTLS  = errors.New("what the bank sent is no TLS 1.3 that we accept")
)

// known drops what the other side could have written.
func known(err error) error {
	var operation *net.OpError
	var unverified *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unverified):
		return unverified
	case errors.As(err, &operation):
		return operation
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case strings.Contains(err.Error(), "tls: "):
		return errTLS
	default:
		return errHTTP
	}
}
