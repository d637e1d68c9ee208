package wire

import (
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/poruka/poruka/gateway/fault"
)

// StatusClientGone is the HTTP status of a call whose caller gave up. It is not registered; nginx made it known.
const StatusClientGone = 499

// row is what a kind of fault looks like.
type row struct {
	name string // for the documentation
	code codes.Code
	http int
}

// table is the one mapping from kinds to codes. No two kinds share a code, so that it can be read backwards.
var table = [...]row{
	fault.Internal:        {"INTERNAL", codes.Internal, http.StatusInternalServerError},
	fault.Invalid:         {"INVALID_ARGUMENT", codes.InvalidArgument, http.StatusBadRequest},
	fault.Unauthenticated: {"UNAUTHENTICATED", codes.Unauthenticated, http.StatusUnauthorized},
	fault.Denied:          {"PERMISSION_DENIED", codes.PermissionDenied, http.StatusForbidden},
	fault.NotFound:        {"NOT_FOUND", codes.NotFound, http.StatusNotFound},
	fault.AlreadyExists:   {"ALREADY_EXISTS", codes.AlreadyExists, http.StatusConflict},
	fault.Precondition:    {"FAILED_PRECONDITION", codes.FailedPrecondition, http.StatusConflict},
	fault.Aborted:         {"ABORTED", codes.Aborted, http.StatusConflict},
	fault.Exhausted:       {"RESOURCE_EXHAUSTED", codes.ResourceExhausted, http.StatusTooManyRequests},
	fault.Unavailable:     {"UNAVAILABLE", codes.Unavailable, http.StatusServiceUnavailable},
	fault.Deadline:        {"DEADLINE_EXCEEDED", codes.DeadlineExceeded, http.StatusGatewayTimeout},
	fault.Cancelled:       {"CANCELLED", codes.Canceled, StatusClientGone},
	fault.Unimplemented:   {"UNIMPLEMENTED", codes.Unimplemented, http.StatusNotImplemented},
}

// Code gives the gRPC code of a kind; INTERNAL for a kind that is not in the table.
func Code(kind fault.Kind) codes.Code {
	if int(kind) < len(table) {
		return table[kind].code
	}
	return codes.Internal
}

// CodeName gives the name of a gRPC code as gRPC and google.rpc.Code spell it, for example RESOURCE_EXHAUSTED.
// Codes that the gateway never sends are INTERNAL.
func CodeName(code codes.Code) string {
	if code == codes.OK {
		return "OK"
	}
	return table[kindOf(code)].name
}

// HTTP gives the HTTP status of a gRPC code; 500 for a code that the gateway never sends.
func HTTP(code codes.Code) int {
	if code == codes.OK {
		return http.StatusOK
	}
	return table[kindOf(code)].http
}

// kindOf reads the table backwards.
func kindOf(code codes.Code) fault.Kind {
	for kind, r := range table {
		if r.code == code {
			return fault.Kind(kind)
		}
	}
	return fault.Internal
}
