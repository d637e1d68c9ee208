// Package portal keeps the accounts for the state-services portal.
//
// Promise: a put that changes nothing changes nothing, not even the version; a level falls only when the put says that it
// may, and never by an import; no two accounts hold one SNILS or one verified phone; an erased account is never touched
// again; everything that an import counts is durable.
//
// Powers: Put, Import, Get, Lookup, ListConfirmations, RecordConfirmation. Personal data are sealed before they reach the
// ledger and opened only for a full view.
//
// Limits: it does not confirm on a bank's word (package confirm) and knows no wire.
package portal
