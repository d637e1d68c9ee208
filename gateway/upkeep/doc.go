// Package upkeep holds the long jobs that go through all accounts for an operator.
//
// Promise: a job may be killed at any moment and begun again; what it did before stays done and is not done twice; beside gateways that
// work on the same ledger nothing of theirs is lost.
//
// Powers: Rewrap puts the data keys of all accounts under the newest key of the ring.
//
// Limits: one pass in one goroutine, in the order of account ids. It opens no ledger and prints nothing.
package upkeep
