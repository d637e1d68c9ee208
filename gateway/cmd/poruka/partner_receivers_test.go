package main

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/wire"
)

func (*fakeGateway) ListReceivers(context.Context, *porukav1.ListReceiversRequest) (*porukav1.ListReceiversResponse, error) {
	at := timestamppb.New(time.Date(2026, 11, 22, 10, 0, 0, 0, time.Local))
	return &porukav1.ListReceiversResponse{Receivers: []*porukav1.Receiver{
		{Id: "portal", NextPosition: 1234},
		{Id: "vtb", NextPosition: 1000, FailingSince: at, RetryTime: at, Tries: 7, DeadPositions: []int64{5, 17}, Replay: &porukav1.Replay{NextPosition: 3, EndPosition: 9}},
	}}, nil
}

func (*fakeGateway) ReplayEvents(ctx context.Context, in *porukav1.ReplayEventsRequest) (*porukav1.ReplayEventsResponse, error) {
	switch {
	case in.GetId() == "nobody":
		return nil, wire.Status(fault.New(fault.NotFound, fault.ReceiverNotFound), wire.English, "").Err()
	case in.GetEndPosition() == 0:
		return &porukav1.ReplayEventsResponse{Receiver: &porukav1.Receiver{Id: in.GetId(), NextPosition: 9}}, nil
	}
	return &porukav1.ReplayEventsResponse{Receiver: &porukav1.Receiver{
		Id: in.GetId(), NextPosition: 1000, Replay: &porukav1.Replay{NextPosition: in.GetFromPosition(), EndPosition: in.GetEndPosition()},
	}}, nil
}

func TestPartnerReceivers(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	command{t: t}.run("partner", "receivers", data).want(t, exitDone, `RECEIVER  NEXT  FAILING SINCE        TRIES  TRIED NEXT           REPLAY  GIVEN UP
portal    1234                           0
vtb       1000  2026-11-22 10:00:00      7  2026-11-22 10:00:00  3 to 9  5 17
`, "")
	command{t: t}.run("partner", "receivers", "--json", data).want(t, exitDone, `{"receivers":[{"id":"portal"`, "")
}

func TestPartnerReplay(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	command{t: t}.run("partner", "replay", "vtb", "--from", "3", "--to", "9", data).want(t, exitDone, "vtb gets 3 to 9 once more\n", "")
	command{t: t}.run("partner", "replay", "vtb", "--from", "0", data).want(t, exitDone, "vtb has got it once more\n", "")
	command{t: t}.run("partner", "replay", "vtb", "--from", "3", "--to", "9", "--json", data).want(t, exitDone, `"endPosition":"9"`, "")
	command{t: t}.run("partner", "replay", "nobody", "--from", "0", data).want(t, exitNo, "", "RECEIVER_NOT_FOUND")
	command{t: t}.run("partner", "replay", "vtb", data).want(t, exitUsage, "", "--from")
}
