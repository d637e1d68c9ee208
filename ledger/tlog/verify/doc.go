// Package verify checks what the log has given: receipts, checkpoints, and proofs.
//
// Promise: what it accepts was signed by a trusted key, byte for byte; it needs no network, no database and no secret.
//
// Powers: Keys are whom to trust; Receipt and Checkpoint read signed texts; Inclusion and Consistency check proofs; Report goes
// through a report and names the first row that is wrong.
//
// Limits: it shares no code with the writer of the log but the canonical form of entries, so that a fault there does not
// hide itself here. It reads what strangers have written: everything it does is bounded by the size of its input.
package verify
