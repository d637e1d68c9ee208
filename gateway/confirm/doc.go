// Package confirm decides whether a bank's customer owns an account, and records it.
//
// Promise: one request id of a bank has one outcome, for ever; an account is raised only together with its entry; what could
// not be decided is a fault and never an outcome; a bank learns nothing that it has not proved, and a wrong claim takes the
// same work and gives the same answer whether or not there is such an account.
//
// Powers: Confirm, Get, Find and Withdraw. Each decision is one operation of a grouped commit: everything that it reads is
// named in its keys, and the clock is read once before.
//
// Limits: it compares nothing itself (package match), opens and digests nothing itself (package seal), and knows no wire.
package confirm
