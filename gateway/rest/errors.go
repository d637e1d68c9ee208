package rest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/poruka/poruka/gateway/wire"
)

// failed is called by grpc-gateway with whatever went wrong. What the chain has not made itself - a malformed path - is taken through it.
func (f *facade) failed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	if !hasReason(status.Convert(err)) {
		f.lost(ctx, nil, nil, w, r, http.StatusNotFound)
		return
	}
	f.writeError(ctx, w, err)
}

// challenge says how to authenticate. It is a constant: nothing of a request stands in it.
const challenge = `Mutual realm="poruka"`

// writeError writes a status made by the chain.
func (f *facade) writeError(ctx context.Context, w http.ResponseWriter, err error) {
	st := status.Convert(err)
	w.Header().Set("Content-Type", "application/json")
	errorHeaders(w.Header(), st)
	w.WriteHeader(httpStatus(ctx, st))
	body, err := protojson.Marshal(st.Proto())
	if err != nil {
		f.config.Logger.Error("a status could not be written", "error", err)
		return
	}
	_, _ = w.Write(body) // the caller may be gone
}

// errorHeaders sets what a status says in headers as well.
func errorHeaders(header http.Header, st *status.Status) {
	if delay, ok := detailOf[*errdetails.RetryInfo](st); ok {
		header.Set("Retry-After", strconv.FormatInt(int64(wire.Seconds(delay.GetRetryDelay().AsDuration())), 10))
	}
	if st.Code() == codes.Unauthenticated {
		header.Set("WWW-Authenticate", challenge)
	}
}

// httpStatus is that of the exchange when it is about what the exchange found, and that of the table otherwise.
func httpStatus(ctx context.Context, st *status.Status) int {
	x := exchangeOf(ctx)
	switch st.Code() { //nolint:exhaustive // the others have one status each
	case codes.InvalidArgument, codes.ResourceExhausted, codes.Unimplemented:
		if x != nil && x.status != 0 {
			return x.status
		}
	}
	return wire.HTTP(st.Code())
}

// hasReason reports whether the chain has made a status.
func hasReason(st *status.Status) bool {
	_, ok := detailOf[*errdetails.ErrorInfo](st)
	return ok
}

func detailOf[T any](st *status.Status) (T, bool) {
	for _, detail := range st.Details() {
		if found, ok := detail.(T); ok {
			return found, true
		}
	}
	var none T
	return none, false
}
