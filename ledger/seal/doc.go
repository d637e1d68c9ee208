// Package seal keeps personal data at rest: sealed profiles, blind indexes, entry ids and digests, all under one key ring.
//
// Promise: what is sealed for one account opens for that account alone and only unchanged; destroying Sealed.WrappedKey
// destroys the data; everything made under a key of the ring keeps working after a newer key has taken over; no error and
// no print of a Ring shows a key or a value.
//
// Powers: it is the only room that encrypts and the only one that holds keys. A Ring never changes: rotating makes another
// Ring, so that it is safe for concurrent use and a running server keeps the one it loaded.
//
// How: a key ring file holds six Tink keysets. `data` (AES-256-GCM) wraps the data key of each account; `index` (HMAC-SHA-256)
// makes blind indexes; `request` (HMAC-SHA-256) makes entry ids and digests; `log` (Ed25519) signs receipts and checkpoints;
// `mark` (HMAC-SHA-256) marks the entries that we have made; `event` (Ed25519) signs what is delivered to banks and the portal. The file is in clear and readable by its owner alone, or its
// keysets are encrypted by a KeyWrapper such as a KMS. Commitments rest on the data key of the account: with it they die.
//
// Limits: the index key cannot be rotated before all accounts can be indexed again; keys are wiped from memory only by
// the end of the process.
package seal
