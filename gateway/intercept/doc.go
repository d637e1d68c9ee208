// Package intercept is the chain that every call goes through, gRPC and REST alike.
//
// Promise: services registered through Chain.Registrar are reached by nobody who has not been identified and authorised; nothing
// that a stranger sends is parsed. The steps have names and one order (see Order), the same for unary calls, streams and pages,
// because it is the same list. Metrics, log and audit stand outside of identification, so they see refusals. Whatever a handler
// returns, the caller gets a status made by package wire, and a panic is a status as well.
//
// Powers: it alone puts a caller into a context, and it alone calls wire.Status.
//
// Limits: the messages of a stream from the caller are judged one by one by their handler, which is given the Validator for it: one
// bad row must not end an import.
package intercept
