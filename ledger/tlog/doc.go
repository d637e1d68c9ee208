// Package tlog makes the log: it ties entries together when they are stored, puts their records into a Merkle tree (RFC 6962,
// SHA-256), signs what the tree is, and proves what is in it.
//
// Promise: an entry enters the log once, positions are dense, and the order of the log is that of the ledger; an entry that
// was not made with our keys, or that is missed, stops the log instead of passing into it; two checkpoints ever signed by one
// Signer are consistent. Confirmations never wait for any of it.
//
// Powers: Scribe gives entries their Link and Mark. Receipts signs what was stored. Integrator advances the log, Signer signs
// checkpoints, Prover proves, Publisher gives what is public. Sealer writes for each hour how many entries each bank has.
//
// How: the arithmetic of trees and tiles is that of golang.org/x/mod/sumdb/tlog; hashes that are read back are believed only
// when they lead to the root. Any number of Integrators may run: each advance is a compare-and-swap, so the worst that two do
// is work for nothing. deploy/docs/log.md describes the forms.
//
// Limits: an entry that was taken away before it was in the log is missed when its writer's next group comes; the last group
// of a writer that has ended is missed by whoever holds its receipts alone.
package tlog
