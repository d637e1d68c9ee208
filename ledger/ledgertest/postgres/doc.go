// Package postgres gives tests and benchmarks a PostgreSQL server.
//
// Promise: a database that nobody else uses, on the server that PORUKA_TEST_POSTGRES_URL names, or on a private server that is
// started from the installed binaries, reached through a unix socket in a folder of its own, and gone when the process that
// started it is gone, even killed. A statement is sent to a private server only after it has said that its data are ours.
//
// Powers: Start and Open; databases; stopping, killing and restarting a private server.
//
// Limits: for tests only. A private server needs PostgreSQL 15 or later, and when the caller is root the system's user
// `postgres` or `nobody`, as the server refuses root. Unless Config.Durable is set it does not survive the machine.
package postgres
