package check

import (
	"slices"
	"time"
)

// Report is what a run has shown.
type Report struct {
	Bank     string    `json:"bank"`
	Style    string    `json:"style"`
	Identity string    `json:"identity"` // in the bank's certificate, as the gateway sees it
	Gateway  Gateway   `json:"gateway"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Passed   int       `json:"passed"`
	Failed   int       `json:"failed"`
	Whole    bool      `json:"whole"` // every case of the dialect was run
	Cases    []Result  `json:"cases"`
	Receipts []Receipt `json:"receipts"` // of the confirmations that were seen
}

// Gateway is what was checked.
type Gateway struct {
	Address string `json:"address"`
	Version string `json:"version"`
}

// Receipt is the gateway's signed word about a confirmation.
type Receipt struct {
	Name    string `json:"name"` // confirmations/{id}
	Receipt string `json:"receipt"`
}

// NewReport puts together what a run has shown.
func NewReport(b *Bank, about About, began time.Time, whole bool, results []Result) Report {
	r := Report{
		Bank: string(b.cfg.ID), Style: b.cfg.Dialect.Name(), Identity: about.Identity, Gateway: Gateway{Address: b.cfg.Address, Version: about.Version},
		Began: began.UTC().Truncate(time.Millisecond), Ended: b.cfg.Clock().UTC().Truncate(time.Millisecond),
		Whole: whole, Cases: results, Receipts: slices.Clone(b.receipts),
	}
	for _, result := range results {
		if result.Passed {
			r.Passed++
		} else {
			r.Failed++
		}
	}
	return r
}
