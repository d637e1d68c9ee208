// Package crdb is the ledger on CockroachDB (22.1 to 26) and on PostgreSQL (15 and later).
//
// Promise: the contract of package ledger, on several gateways at once. A transaction costs two round trips; its error says
// truly whether anything was stored; what was lost while committing is settled by reading back; no error and no log line
// holds a value that was stored or looked for.
//
// Powers: Open; Migrate and MigrationStatus. Transactions begin in tx.go and nowhere else; what differs between the two
// servers is in dialect.go and in the two folders under migrations.
//
// Limits: it decides nothing, groups nothing (see package group) and encrypts nothing. Reports are read in an order that
// deploy/docs/adr/0006-order-before-the-log.md explains.
package crdb
