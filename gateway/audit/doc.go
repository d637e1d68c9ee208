// Package audit answers the questions of compliance staff: what was decided, by whom, under which rules.
//
// Promise: a list keeps its order; every row of a report leads to a signed checkpoint, and a report that broke off has no footer; the
// same report about the same size of the log is the same to the byte; nothing in it is personal data, and no cell of it is taken for a
// formula. A report is not made of entries that are not those of the log.
//
// Powers: List, Summarize and Export read the ledger through ledger.Reporter, a bounded number at a time, so that reports
// cannot starve decisions. VerifyFooter sees that a file is not cut off; package verify checks it in full.
//
// How: the form of a report is described in deploy/docs/report-format.md. The exporter finds positions by the records of the log, which come
// in the same order as entries, and takes the hashes beside them from tiles. It goes to the root itself, so a report that verify
// would refuse gets no footer.
//
// Limits: that nothing was left out is the gateway's signed word, but for hours that are sealed.
package audit
