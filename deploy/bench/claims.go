package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// claims are what banks say of the owners of the accounts of one ledger. They are kept as they are sent: hundreds of thousands of them are
// then no work for the collector, and little for the client, which shares the processors with what is measured.
type claims struct {
	bodies [][]byte     // requests without their ids and times
	next   atomic.Int64 // runs through all cases, so that each finds accounts to raise
	left   atomic.Int64 // how many accounts are still to be raised
	burst  atomic.Int64 // how many may be sent before a pause
	sent   chan string  // some of the request ids that have been confirmed
}

func newClaims(bodies [][]byte) *claims {
	c := &claims{bodies: bodies, sent: make(chan string, 20_000)}
	c.left.Store(int64(len(bodies)))
	c.burst.Store(math.MaxInt64)
	return c
}

// request is a claim under a new request id, with fresh times; errSpent when all accounts have been raised, or the burst is over.
func (c *claims) request() (rawRequest, string, error) {
	if c.burst.Add(-1) < 0 || c.left.Add(-1) < 0 {
		return nil, "", errSpent
	}
	body := c.bodies[int(c.next.Add(1)-1)%len(c.bodies)]
	now, id := timestamppb.New(time.Now().Add(-time.Second)), uuid.NewString()
	own, err := proto.Marshal(&porukav1.ConfirmIdentityRequest{
		RequestId:      id,
		Authentication: &porukav1.Authentication{Method: porukav1.Authentication_SMS_CODE, Time: now},
		Consent:        &porukav1.Consent{Given: true, Time: now},
	})
	return append(own, body...), id, err // messages one behind the other are one message
}

// body is the part of a request that stays.
func body(claim *porukav1.ConfirmIdentityRequest) ([]byte, error) {
	return proto.Marshal(&porukav1.ConfirmIdentityRequest{Person: claim.GetPerson(), BankAccount: claim.GetBankAccount()})
}

// confirm confirms over gRPC, and wants the account raised by this very call.
func (c *claims) confirm(to *clients) call {
	return func(ctx context.Context, caller int, _ int64) error {
		request, id, err := c.request()
		if err != nil {
			return err
		}
		answer := &porukav1.ConfirmIdentityResponse{}
		connection := to.grpc[caller%len(to.grpc)]
		if err := connection.Invoke(ctx, porukav1.ConfirmationService_ConfirmIdentity_FullMethodName, request, answer, grpc.ForceCodec(rawCodec{})); err != nil {
			return err
		}
		if outcome := answer.GetConfirmation().GetOutcome(); outcome != porukav1.Confirmation_CONFIRMED {
			return fmt.Errorf("outcome %s", outcome)
		}
		select {
		case c.sent <- id:
		default:
		}
		return nil
	}
}

// find asks what became of a request that has been confirmed.
func (c *claims) find(ids []string) func(*clients) call {
	return func(to *clients) call {
		return func(ctx context.Context, caller int, n int64) error {
			answer, err := to.confirmation(caller).FindConfirmation(ctx, &porukav1.FindConfirmationRequest{RequestId: ids[int(n)%len(ids)]})
			if err == nil && answer.GetState() != porukav1.FindConfirmationResponse_DECIDED {
				return errors.New("a confirmation is not found")
			}
			return err
		}
	}
}

// confirmed takes the request ids of which some are known to be confirmed.
func (c *claims) confirmed() []string {
	var ids []string
	for {
		select {
		case id := <-c.sent:
			ids = append(ids, id)
		default:
			return ids
		}
	}
}

// rawRequest is a request as it is sent.
type rawRequest []byte

// rawCodec sends a rawRequest as it is.
type rawCodec struct{}

var _ encoding.Codec = rawCodec{}

// Marshal gives the bytes of a request.
func (rawCodec) Marshal(v any) ([]byte, error) {
	request, ok := v.(rawRequest)
	if !ok {
		return nil, fmt.Errorf("%T is sent where bytes are", v)
	}
	return request, nil
}

// Unmarshal reads an answer.
func (rawCodec) Unmarshal(data []byte, v any) error {
	message, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("%T cannot be received", v)
	}
	return proto.Unmarshal(data, message)
}

// Name is that of the codec of gRPC.
func (rawCodec) Name() string { return "proto" }
