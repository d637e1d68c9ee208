// Package notary keeps what the log of the ledger has promised to callers, and holds the log to it when the faults are over.
//
// Promise: a Check that finds nothing has seen that every entry came into the log and under a signed checkpoint within a bounded time,
// that each receipt that was ever given names an entry with that record, and that the log goes on from every checkpoint that was
// ever shown. A whole check has also derived the log from all entries, as `poruka ledger fsck` does.
//
// Powers: Receipt and Watch keep what callers see, while everything breaks; Check reads the ledger beside the gateways.
//
// Limits: what nobody was shown is checked by fsck alone.
package notary
