// Package server is the only place that knows all rooms: it builds them, listens, runs their tasks and drains them.
//
// Promise: New opens everything or nothing; Run answers until its context ends, then finishes every call it has accepted,
// within the patience that is configured, and lets go of everything. Two servers may run in one process.
//
// Limits: no rule lives here. What an operator may set is in gateway/config.
package server
