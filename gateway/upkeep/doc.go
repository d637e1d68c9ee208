// Package upkeep holds the long jobs that go through all accounts for an operator.
//
// Promise: a job may be killed at any moment and begun again; what it did before stays done and is not done twice; beside gateways that
// work on the same ledger nothing of theirs is lost.
//
// Powers: Rewrap puts the data keys of all accounts under the newest key of the ring. Retain
// erases the accounts that were idle for too long.
//
// Limits: accounts in the order of their ids, a page at a time. It opens no ledger and prints nothing.
package upkeep
