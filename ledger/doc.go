// Package ledger is the record: accounts, the entries that raised them, and the contract of the engines that keep both.
//
// Promise: at most one entry per (partner, request id), for ever; an account is raised only together with its entry;
// entries are never updated or deleted; no personal data outside Sealed.
//
// Powers: value types, the transaction View in which decisions are made, small interfaces whose comments are the
// specification that package ledgertest checks on every engine.
//
// Limits: it knows no gRPC, no bank and no matching rule, and it holds no key: what it stores of a person is opaque to it.
package ledger
