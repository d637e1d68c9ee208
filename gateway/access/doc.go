// Package access decides who may call what.
//
// Promise: one row per gRPC method names the roles that may call it; a method without a row may be called by nobody, and a
// table that does not agree with the registered services refuses to start. WithCaller and CallerFrom carry the verified
// caller of a request; only package gateway/intercept may put one into a context.
//
// Limits: it knows roles, not banks. That a bank sees only what is its own is decided by the use cases.
package access
