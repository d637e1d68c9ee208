// Package observe is what operators see of the gateway: metrics, logs, traces, and the pages of the ops listener.
//
// Promise: no personal data in any of them. Metric names and labels come from one catalogue and are bounded: a label is a
// method, a code, a reason, or a bank of the roster. One event is one line of JSON, whatever its values hold.
//
// Powers: it takes a registry, a writer and an endpoint from its caller; it has no state of its own, so that two servers fit into
// one process.
//
// Limits: the redaction of logs is a safety net, not a licence: callers log identifiers and constants, never what people said.
package observe
