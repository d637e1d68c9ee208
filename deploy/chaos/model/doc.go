// Package model says what the ledger may answer: the first decision of a request id wins, and a level moves only with an entry or
// a put of the portal.
//
// Promise: Check tells whether a history of calls can be put into one order, within the real times of the calls, in which every
// answer is the one that this package would give. A call whose answer was lost may take effect at any later time, or never.
//
// Powers: History records calls as they happen; Check judges; Draw shows a history in a browser.
//
// Limits: it knows one run: a handful of accounts, at most MaxRequests request ids, no time that passes. It shares no code with
// the gateway: what it says, it says again in its own words.
package model
