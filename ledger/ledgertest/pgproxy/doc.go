// Package pgproxy stands between a client and a server that speak PostgreSQL's protocol, and does to their lines what networks
// and failing servers do.
//
// Promise: without a rule it changes nothing. A fault is done to the statement that the rule names and to no other, and the
// server is never told more than the client said: a statement that it does not see has no effect, and one that it sees has
// its whole effect, whatever the client is told of it.
//
// Powers: Start gives a proxy and the URL to reach it at, over TCP on the loopback. A Rule, set by Apply, looks at every
// statement, simple, unnamed or prepared, and answers with a Fault. Cut, Freeze and Thaw, Refuse and Admit act on all lines;
// Count tells what has been said.
//
// Limits: for tests only. Neither line is encrypted: the URL must not insist on TLS. A simple query of several statements is one
// statement, and a fault behind it stands behind the answer to its first. It knows nothing of the ledger.
package pgproxy
