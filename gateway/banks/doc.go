// Package banks decides whether a bank may call, and lets operators stop one and let it call again.
//
// Promise: a suspension holds on every gateway within MaxAge (at most 5 seconds), survives restarts, and fails closed: when
// the suspensions cannot be read for longer than MaxAge, no bank may call. Requests under way finish.
//
// Powers: Check is asked before every call of a bank and answers from memory; List, Suspend and Resume are the operator's.
//
// Limits: it knows neither the wire nor certificates. Who may suspend is decided in gateway/access.
package banks
