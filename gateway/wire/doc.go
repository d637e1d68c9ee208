// Package wire is how faults and reasons look from outside.
//
// Promise: one table gives each kind of fault its gRPC code and HTTP status, and one catalogue gives each reason its group,
// actor, retry class and texts. Whatever error a handler returns, Status makes of it a status that is safe to send to
// anybody: constant public texts, no text of a driver, no personal data.
//
// Powers: it alone knows status codes; package gateway/intercept alone calls Status.
//
// Limits: it does not decide what is a fault, and it does not log the cause.
package wire
