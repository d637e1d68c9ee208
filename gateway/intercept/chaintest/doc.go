// Package chaintest is a door with invented parts, for tests of the rooms around it: a CA and certificates of every role, a chain, and
// services that answer what a test wants.
//
// Promise: certificates, TLS and the chain are the real ones; only the banks, the limiter and the services are invented.
//
// Limits: for tests alone.
package chaintest
