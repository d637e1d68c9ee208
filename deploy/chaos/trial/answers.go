package trial

import (
	"errors"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
)

// told is what a call came to.
type told struct {
	answer  model.Answer
	name    string                 // of the decision, or of what became of the call
	again   bool                   // there was no answer: repeat the call
	nothing bool                   // and nothing was stored
	record  *porukav1.Confirmation // of a decision
}

// nothingStored are the reasons that promise that the call had no effect.
var nothingStored = []string{"LEDGER_UNAVAILABLE", "SUBJECT_BUSY", "OVERLOADED", "SHUTTING_DOWN", "RATE_LIMIT"}

// leftOpen are the reasons that promise nothing. Those without any reason come from the line.
var leftOpen = []string{"", "OUTCOME_UNKNOWN", "DEADLINE", "CANCELLED", "INTERNAL"}

func failed(err error) told {
	if errors.Is(err, ErrNobody) {
		return told{name: "nobody there", again: true, nothing: true}
	}
	s := status.Convert(err)
	reason := ""
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
	}
	switch {
	case slices.Contains(nothingStored, reason):
		return told{name: reason, again: true, nothing: true}
	case slices.Contains(leftOpen, reason):
		name := reason
		if name == "" {
			name = s.Code().String()
		}
		return told{answer: model.Answer{Lost: true}, name: name, again: true}
	}
	return told{answer: model.Answer{Refused: model.Refusal(reason)}, name: reason}
}

func decided(c *porukav1.Confirmation) told {
	return told{
		answer: model.Answer{Outcome: model.Outcome(c.GetOutcome()), Replayed: c.GetReplayed()},
		name:   c.GetOutcome().String(), record: c,
	}
}

func withdrawn(c *porukav1.Confirmation) told {
	t := decided(c)
	t.name = "WITHDRAWN"
	return t
}

func found(out *porukav1.FindConfirmationResponse) told {
	t := told{name: out.GetState().String()}
	if out.GetState() == porukav1.FindConfirmationResponse_DECIDED {
		t.answer = model.Answer{Found: true, Outcome: model.Outcome(out.GetConfirmation().GetOutcome())}
		t.record = out.GetConfirmation()
	}
	return t
}

func stands(a *porukav1.Account, result porukav1.PutResult) told {
	name := "READ"
	if result != porukav1.PutResult_PUT_RESULT_UNSPECIFIED {
		name = result.String()[len("PUT_RESULT_"):]
	}
	return told{name: name, answer: model.Answer{
		Result: model.Result(result), Level: model.Level(a.GetLevel()), How: uint8(a.GetMethod()), Version: a.GetVersion(), Owed: a.GetConfirmation(),
	}}
}
