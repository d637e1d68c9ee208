// Package rpc answers the methods of poruka.v1: from proto to the use cases and back.
//
// Promise: a handler converts, calls one use case, and converts its answer; it decides nothing but whose the request is. Errors
// are faults with the JSON paths of the fields. A bank is told only what package confirm lets it be told: levels where the
// claim matched, never an account's name, and the request id only in answers to its own call.
//
// Powers: New makes the five services, Register puts them behind a registrar. The two client streams, a bulk of confirmations
// and an import of accounts, judge and admit each message by themselves, since one bad row must not end a stream.
//
// Limits: who may call what, deadlines and statuses are the chain's (package intercept).
package rpc
