// Package check is what a bank runs against a sandbox gateway before it goes live: it plays the bank, in the bank's own dialect and
// with the bank's own keys, asks for every outcome and makes every mistake, and tells what did not come as it must.
//
// Promise: it may be run any number of times against one gateway: request ids are fresh, and the persons of the sandbox never change. A
// case that fails says in one line what was wanted and what came, in names and numbers of the protocol; no person's data, and no text
// of an answer, gets into a line or a report. A report is signed with the key of the bank's client certificate.
//
// Limits: it sees what a bank sees. It needs a gateway whose sandbox is on, and makes records there.
package check
