package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// demoReport is what the demo prints: with --json exactly its exported fields.
type demoReport struct {
	Accounts      int              `json:"accounts"`
	Confirmations int64            `json:"confirmations"` // requests that were answered with an outcome, each counted once
	Outcomes      map[string]int64 `json:"outcomes"`
	Banks         map[string]int64 `json:"banks"`
	Ledger        demoLedger       `json:"ledger"`

	cells    map[[2]string]int64 // by bank and outcome
	ways     map[string]int
	touched  int // accounts
	problems []string
	receipts int // that held
	proofs   int // likewise
	rows     int64
	events   int
	summary  *porukav1.SummarizeResponse
}

// demoLedger is the state of the ledger.
type demoLedger struct {
	Entries  int64 `json:"entries"`
	TreeSize int64 `json:"treeSize"` // entries in the log that the last checkpoint signs
	Verified bool  `json:"verified"` // every answer was the one that was due, and agrees with ledger, accounts, receipts and log; the report holds, and fsck finds nothing
}

func newDemoReport(accounts int, story *demoStory, found *findings, summary *porukav1.SummarizeResponse) *demoReport {
	r := &demoReport{
		Accounts: accounts, Outcomes: map[string]int64{}, Banks: map[string]int64{}, cells: map[[2]string]int64{},
		Ledger: demoLedger{Entries: found.entries, Verified: len(found.problems) == 0},
		ways:   story.ways, problems: found.problems, receipts: found.receipts, proofs: found.proofs, rows: found.rows, events: found.events, summary: summary,
	}
	seen, touched := map[string]bool{}, map[string]bool{}
	for _, t := range story.answers {
		touched[t.account] = true
		// What could not be checked has no name, but it has a request.
		isDecided := t.answer.GetKind() == porukav1.Confirmation_CONFIRMATION
		isAnswer := isDecided || t.answer.GetOutcome() == porukav1.Confirmation_NOT_CHECKED
		key := t.answer.GetName()
		if !isDecided {
			key = t.request
		}
		if seen[key] || !isAnswer {
			continue
		}
		seen[key] = true
		outcome := t.answer.GetOutcome().String()
		r.Confirmations++
		r.Outcomes[outcome]++
		r.Banks[t.bank]++
		r.cells[[2]string{t.bank, outcome}]++
	}
	delete(touched, "") // nobody's account
	r.touched = len(touched)
	r.checkCoverage()
	return r
}

// checkCoverage adds a problem for each outcome that has not been told of a bank's customers.
func (r *demoReport) checkCoverage() {
	for bank := range r.Banks {
		for _, outcome := range outcomeNames() {
			if r.cells[[2]string{bank, outcome}] == 0 {
				r.fail(bank + " has not been told " + outcome)
			}
		}
	}
}

// maxProblems is how many problems are printed.
const maxProblems = 20

func (r *demoReport) print(s *streams, took time.Duration) error {
	for i, problem := range r.problems {
		if i == maxProblems {
			s.notef("and %d more", len(r.problems)-maxProblems)
			break
		}
		s.notef("%s", problem)
	}
	if s.JSON {
		return s.printJSON(r)
	}
	if err := r.outcomes().print(s); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "\n%s\n", s.bold("What compliance reads:"))
	if err := summaryTable(r.summary).print(s); err != nil {
		return err
	}
	var ways []string
	for way, n := range r.ways {
		ways = append(ways, fmt.Sprintf("%s by %s", thousands(int64(n)), way))
	}
	slices.Sort(ways)
	verdict := s.green("agrees with all of them")
	if !r.Ledger.Verified {
		verdict = s.red("does not agree, see above")
	}
	fmt.Fprintf(s.Out, "\n%s accounts; %s answers came: %s; repeats, lookups and withdrawals included.\nThe ledger, %s entries and %s accounts read back, %s. %s receipts, %s proofs\nand a report of %s rows hold; the signed log holds %s entries, and the banks were sent %s events. %s\n",
		thousands(int64(r.Accounts)), thousands(r.answers()), strings.Join(ways, ", "), thousands(r.Ledger.Entries), thousands(int64(r.touched)), verdict,
		thousands(int64(r.receipts)), thousands(int64(r.proofs)), thousands(r.rows), thousands(r.Ledger.TreeSize),
		thousands(int64(r.events)), elapsed(took))
	return nil
}

func (r *demoReport) answers() (n int64) {
	for _, count := range r.ways {
		n += int64(count)
	}
	return n
}

// outcomes is the table of banks and outcomes.
func (r *demoReport) outcomes() *table {
	header, names := []string{"BANK"}, []string{}
	for _, outcome := range outcomeNames() {
		if r.Outcomes[outcome] > 0 {
			names = append(names, outcome)
			header = append(header, outcome+"#")
		}
	}
	t := newTable(append(header, "TOTAL#")...)
	banks := make([]string, 0, len(r.Banks))
	for bank := range r.Banks {
		banks = append(banks, bank)
	}
	slices.Sort(banks)
	for _, bank := range banks {
		row := []string{bank}
		for _, name := range names {
			row = append(row, thousands(r.cells[[2]string{bank, name}]))
		}
		t.add(append(row, thousands(r.Banks[bank]))...)
	}
	last := []string{"total"}
	for _, name := range names {
		last = append(last, thousands(r.Outcomes[name]))
	}
	t.add(append(last, thousands(r.Confirmations))...)
	return t
}
