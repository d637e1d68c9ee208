package rpc

import (
	"context"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/notify"
)

// ListReceivers lists the receivers of call-backs.
func (s operators) ListReceivers(ctx context.Context, _ *porukav1.ListReceiversRequest) (*porukav1.ListReceiversResponse, error) {
	if s.cfg.Receivers == nil {
		return &porukav1.ListReceiversResponse{}, nil
	}
	list, err := s.cfg.Receivers.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &porukav1.ListReceiversResponse{Receivers: make([]*porukav1.Receiver, len(list))}
	for i, r := range list {
		out.Receivers[i] = receiverOf(r)
	}
	return out, nil
}

// ReplayEvents delivers events once more.
func (s operators) ReplayEvents(ctx context.Context, in *porukav1.ReplayEventsRequest) (*porukav1.ReplayEventsResponse, error) {
	if s.cfg.Receivers == nil {
		return nil, fault.New(fault.NotFound, fault.ReceiverNotFound)
	}
	r, err := s.cfg.Receivers.Replay(ctx, in.GetId(), in.GetFromPosition(), in.GetEndPosition())
	if err != nil {
		return nil, err
	}
	return &porukav1.ReplayEventsResponse{Receiver: receiverOf(r)}, nil
}

func receiverOf(r notify.Receiver) *porukav1.Receiver {
	out := &porukav1.Receiver{
		Id: r.ID, NextPosition: r.Next, FailingSince: stamp(r.Failing), RetryTime: stamp(r.Retry), Tries: count(r.Tries), DeadPositions: r.Dead,
	}
	if r.Replay.End > 0 {
		out.Replay = &porukav1.Replay{NextPosition: r.Replay.Next, EndPosition: r.Replay.End}
	}
	return out
}
