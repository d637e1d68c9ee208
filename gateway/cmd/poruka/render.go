package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// protoJSON renders a message as REST does: lowerCamelCase names, enums by name, absent fields left out.
func protoJSON(m proto.Message) (json.RawMessage, error) {
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("rendering the answer: %w", err)
	}
	var compact bytes.Buffer // protojson varies its blanks on purpose
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("rendering the answer: %w", err)
	}
	return compact.Bytes(), nil
}

// printMessage writes a message as one JSON object.
func (s *streams) printMessage(m proto.Message) error {
	out, err := protoJSON(m)
	if err != nil {
		return err
	}
	return s.printJSON(out)
}

// idOf is the id in a name like `accounts/{id}`.
func idOf(name string) string {
	_, id, _ := strings.Cut(name, "/")
	return id
}

// moment renders a time for people in their own zone; empty when unset.
func moment(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Local().Format("2006-01-02 15:04:05")
}

// nameOf is the name of an outcome; empty for records that decide nothing, which withdrawals are.
func nameOf(outcome porukav1.Confirmation_Outcome) string {
	if outcome == porukav1.Confirmation_OUTCOME_UNSPECIFIED {
		return ""
	}
	return outcome.String()
}

// outcomeOf renders an outcome with what makes it special.
func outcomeOf(c *porukav1.Confirmation) string {
	text := c.GetOutcome().String()
	if c.GetKind() == porukav1.Confirmation_WITHDRAWAL {
		text = "WITHDRAWN"
	}
	if c.GetDryRun() {
		text += " (dry run)"
	}
	return text
}

func reasonsOf(reasons []*porukav1.Reason) string {
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = r.GetReason().String()
	}
	return strings.Join(names, ", ")
}

// thousands renders a number with blanks between groups of three digits.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}

// counted renders a number with the word for what is counted.
func counted(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return thousands(n) + " " + word
}

// elapsed renders how long something took.
func elapsed(d time.Duration) string {
	if d < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
