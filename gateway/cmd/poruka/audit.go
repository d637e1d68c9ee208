package main

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/partners"
)

// auditCmd is for compliance staff.
type auditCmd struct {
	Report    auditReportCmd    `cmd:"" help:"Write a report of decided requests to a file."`
	Summary   auditSummaryCmd   `cmd:"" help:"Count decided requests by bank and outcome."`
	Conflicts auditConflictsCmd `cmd:"" help:"List where two banks vouched for different data of one person."`
	Verify    auditVerifyCmd    `cmd:"" help:"Check a report or a receipt, without a network and without a database."`
}

// moments is embedded by commands that look at a stretch of time.
type moments struct {
	From string `help:"Decided at or after this day, or moment: 2026-11-01, counted in Moscow, or 2026-11-01T09:30:00+03:00." placeholder:"TIME"`
	To   string `help:"Decided before this day or moment." placeholder:"TIME"`
}

// period is embedded by commands that choose records.
type period struct {
	moments
	Bank string `help:"Only this bank, or 'portal'." placeholder:"ID"`
}

func (p moments) times() (from, to *timestamppb.Timestamp, err error) {
	if from, err = readMoment("--from", p.From); err != nil {
		return nil, nil, err
	}
	to, err = readMoment("--to", p.To)
	return from, to, err
}

func readMoment(flag, text string) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // an open end is a period's usual end
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, partners.Moscow()); err == nil {
		return timestamppb.New(t), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, wrongUsef("%s must be a day like 2026-11-01 or a moment like 2026-11-01T09:30:00+03:00", flag)
	}
	return timestamppb.New(t), nil
}

// readOutcome reads the name of an outcome; empty chooses all.
func readOutcome(name string) (porukav1.Confirmation_Outcome, error) {
	n, known := porukav1.Confirmation_Outcome_value[name]
	if name != "" && (!known || n == 0) {
		return 0, wrongUsef("--outcome must be one of %s", fmt.Sprint(outcomeNames()))
	}
	return porukav1.Confirmation_Outcome(n), nil
}

// outcomeNames lists the outcomes in the order of their numbers.
func outcomeNames() []string {
	values := porukav1.Confirmation_OUTCOME_UNSPECIFIED.Descriptor().Values()
	names := make([]string, 0, values.Len()-1)
	for i := 1; i < values.Len(); i++ {
		names = append(names, string(values.Get(i).Name()))
	}
	return names
}
