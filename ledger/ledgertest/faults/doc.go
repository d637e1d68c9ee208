// Package faults is the part of the specification of a ledger that speaks of failing servers and lines.
//
// Promise: Run disturbs single statements of a ledger on a database server, one after the other, and checks that its answer is
// true: what it acknowledged is stored whole and once, what it refused is not stored, and it says so when it cannot know.
// Conformance runs the whole suite of package ledgertest while a rule disturbs everything; Patient is the client that such
// disturbances ask for.
//
// Powers: the kinds of faults are those of package pgproxy; Statements tells which statement is what.
//
// Limits: for tests only. It needs a ledger whose server speaks PostgreSQL's protocol.
package faults
