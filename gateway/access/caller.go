package access

import (
	"context"

	"github.com/poruka/poruka/certs"
)

// callerKey is the key of the caller in a context; it is private, so that nobody else can put one there.
type callerKey struct{}

// WithCaller gives a context that carries the verified caller of the request.
func WithCaller(ctx context.Context, caller certs.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &caller)
}

// CallerFrom gives the caller that identified itself for this request; ok is false when none has.
func CallerFrom(ctx context.Context) (caller certs.Caller, ok bool) {
	held, ok := ctx.Value(callerKey{}).(*certs.Caller)
	if !ok {
		return certs.Caller{}, false
	}
	return *held, true
}
