// Package stage is where trials take place: gateways in this process, on one ledger, with everything between them that may break.
//
// Promise: whatever a seed did, after Calm gateways and ledger are there and no fault is left. Faults are only what networks, servers
// and processes really do: the server is never made to say that it stored nothing when it has.
//
// Powers: on PostgreSQL and CockroachDB two gateways, each behind a proxy that cuts, delays, freezes and refuses lines and answers
// any statement with any SQLSTATE; a private PostgreSQL is killed and started again. Gateways are drained, or dropped with all
// their lines, and started anew, also on the embedded ledger, which has one, and that one overloaded.
//
// Limits: one trial at a time. A dropped gateway is one that no line leads to any more: its process is this one.
package stage
