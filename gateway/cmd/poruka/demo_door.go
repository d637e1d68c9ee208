package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	// The details of refusals, which protojson finds by name.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
)

// door is one way in which a bank calls the gateway. Refusals are gRPC statuses on every way.
type door interface {
	confirm(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error)
	find(ctx context.Context, requestID string) (*porukav1.FindConfirmationResponse, error)
	withdraw(ctx context.Context, id string) (*porukav1.Confirmation, error)
}

// openDoors opens both ways for the caller of a profile.
func openDoors(p client.Profile) (*grpcDoor, *restDoor, error) {
	conn, err := p.Dial()
	if err != nil {
		return nil, nil, err
	}
	web, err := p.HTTP()
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return &grpcDoor{conn}, &restDoor{web, "https://" + p.RESTAddress}, nil
}

// grpcDoor calls over gRPC.
type grpcDoor struct{ conn *grpc.ClientConn }

func (d *grpcDoor) banks() porukav1.ConfirmationServiceClient {
	return porukav1.NewConfirmationServiceClient(d.conn)
}

func (d *grpcDoor) confirm(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error) {
	answer, err := d.banks().ConfirmIdentity(ctx, r)
	return answer.GetConfirmation(), err
}

func (d *grpcDoor) find(ctx context.Context, requestID string) (*porukav1.FindConfirmationResponse, error) {
	return d.banks().FindConfirmation(ctx, &porukav1.FindConfirmationRequest{RequestId: requestID})
}

func (d *grpcDoor) withdraw(ctx context.Context, id string) (*porukav1.Confirmation, error) {
	answer, err := d.banks().WithdrawConfirmation(ctx, &porukav1.WithdrawConfirmationRequest{Id: id})
	return answer.GetConfirmation(), err
}

// bulk sends all requests over one stream and hands each answer over.
func (d *grpcDoor) bulk(ctx context.Context, requests []*porukav1.ConfirmIdentityRequest, take func(*porukav1.ConfirmIdentitiesResponse)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := d.banks().ConfirmIdentities(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		for _, r := range requests {
			if err := stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: r}); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return <-sent
		}
		if err != nil {
			cancel() // lets the sender go
			return errors.Join(err, <-sent)
		}
		take(answer)
	}
}

func (d *grpcDoor) close() error { return d.conn.Close() }

// restDoor calls over REST.
type restDoor struct {
	web  *http.Client
	base string
}

func (d *restDoor) confirm(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.Confirmation, error) {
	var answer porukav1.ConfirmIdentityResponse
	err := d.call(ctx, http.MethodPost, "/v1/confirmations", r, &answer)
	return answer.GetConfirmation(), err
}

func (d *restDoor) find(ctx context.Context, requestID string) (*porukav1.FindConfirmationResponse, error) {
	var answer porukav1.FindConfirmationResponse
	err := d.call(ctx, http.MethodGet, "/v1/confirmations:byRequest?requestId="+url.QueryEscape(requestID), nil, &answer)
	return &answer, err
}

func (d *restDoor) withdraw(ctx context.Context, id string) (*porukav1.Confirmation, error) {
	var answer porukav1.WithdrawConfirmationResponse
	err := d.call(ctx, http.MethodPost, "/v1/confirmations/"+url.PathEscape(id)+":withdraw", &porukav1.WithdrawConfirmationRequest{}, &answer)
	return answer.GetConfirmation(), err
}

// maxAnswer is more than any answer to a bank takes, in bytes.
const maxAnswer = 1 << 20

func (d *restDoor) call(ctx context.Context, method, path string, body, answer proto.Message) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = protojson.Marshal(body); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := d.web.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	defer response.Body.Close()
	if content, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if response.StatusCode == http.StatusOK {
		return protojson.Unmarshal(content, answer)
	}
	var refusal spb.Status
	if err := protojson.Unmarshal(content, &refusal); err != nil || refusal.GetCode() == 0 {
		return fmt.Errorf("%s: HTTP status %d without a reason", method, response.StatusCode)
	}
	return status.FromProto(&refusal).Err()
}

func (d *restDoor) close() { d.web.CloseIdleConnections() }
