package rpc

import (
	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// WatchConfirmations streams what happens to accounts.
func (s accounts) WatchConfirmations(*porukav1.WatchConfirmationsRequest, grpc.ServerStreamingServer[porukav1.WatchConfirmationsResponse]) error {
	return fault.New(fault.Unimplemented, fault.MethodUnknown)
}
