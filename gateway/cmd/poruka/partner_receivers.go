package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// partnerReceiversCmd lists the receivers of events.
type partnerReceiversCmd struct{ connection }

// Help is shown by --help.
func (*partnerReceiversCmd) Help() string {
	return `Lists the banks and the portal to whom events are delivered: the position of the log before which everything is delivered or given up,
since when and how often the event there has failed, when it is tried next, the positions of the newest 100 events that were given up
after three days, and the replay under way. A bank that has left the roster, is suspended or outside its dates is not listed; it goes on
from where it was when it is back. The operator role is needed.

Example:

    poruka partner receivers
`
}

// Run lists.
func (c *partnerReceiversCmd) Run(ctx context.Context, s *streams) error {
	conn, err := c.dial(certs.RoleOperator)
	if err != nil {
		return err
	}
	defer conn.Close()
	listed, err := call(ctx, porukav1.NewOperatorServiceClient(conn).ListReceivers, &porukav1.ListReceiversRequest{})
	if err != nil {
		return err
	}
	if s.JSON {
		return s.printMessage(listed)
	}
	return receiverTable(listed.GetReceivers()).print(s)
}

func receiverTable(receivers []*porukav1.Receiver) *table {
	t := newTable("RECEIVER", "NEXT#", "FAILING SINCE", "TRIES#", "TRIED NEXT", "REPLAY", "GIVEN UP")
	for _, r := range receivers {
		replay := ""
		if p := r.GetReplay(); p != nil {
			replay = fmt.Sprintf("%d to %d", p.GetNextPosition(), p.GetEndPosition())
		}
		dead := make([]string, len(r.GetDeadPositions()))
		for i, position := range r.GetDeadPositions() {
			dead[i] = strconv.FormatInt(position, 10)
		}
		t.add(r.GetId(), strconv.FormatInt(r.GetNextPosition(), 10), moment(r.GetFailingSince()), strconv.Itoa(int(r.GetTries())),
			moment(r.GetRetryTime()), replay, strings.Join(dead, " "))
	}
	return t
}

// partnerReplayCmd delivers events once more.
type partnerReplayCmd struct {
	Receiver string `arg:"" help:"Id of the bank, or 'portal'."`
	From     int64  `help:"First position of the log." required:"" placeholder:"POSITION"`
	To       int64  `help:"Position behind the last. Default: all that has been delivered." placeholder:"POSITION"`
	connection
}

// Help is shown by --help.
func (*partnerReplayCmd) Help() string {
	return `Delivers the events of a range of the log once more, beside what is being delivered. They keep their ids and are marked as a replay; what
is for others in that range is left out. One replay of a receiver is under way at a time; asking for the same again changes nothing.
Positions are those of 'poruka partner receivers' and of the events themselves. The operator role is needed.

Exit code 1: there is no such receiver, the range has not been delivered yet, or another replay is under way.

Examples:

    poruka partner replay vtb --from 52311 --to 52312
    poruka partner replay portal --from 0
`
}

// Run asks for the replay.
func (c *partnerReplayCmd) Run(ctx context.Context, s *streams) error {
	conn, err := c.dial(certs.RoleOperator)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := &porukav1.ReplayEventsRequest{Id: c.Receiver, FromPosition: c.From, EndPosition: c.To}
	answer, err := call(ctx, porukav1.NewOperatorServiceClient(conn).ReplayEvents, in)
	if err != nil {
		return err
	}
	if s.JSON {
		return s.printMessage(answer.GetReceiver())
	}
	if replay := answer.GetReceiver().GetReplay(); replay != nil {
		fmt.Fprintf(s.Out, "%s gets %d to %d once more\n", c.Receiver, replay.GetNextPosition(), replay.GetEndPosition())
		return nil
	}
	fmt.Fprintf(s.Out, "%s has got it once more\n", c.Receiver)
	return nil
}
