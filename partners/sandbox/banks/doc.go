// Package banks is the five banks of the sandbox: real HTTPS servers that play a bank's side of orders and call-backs, each in its own
// dialect, and that misbehave when they are told to.
//
// Promise: on its own lines a bank is as strict as a real one. It answers nobody but a gateway of the private CA, wants a token where its
// dialect has one, signs as the roster says, and takes no event without a good signature. What it knows of its customers comes through
// test controls alone: Go methods, a page for people, and a control API on the machine itself.
//
// Limits: nothing is stored; a bank that is started again has forgotten everything. It never calls anybody.
package banks
