// Package client is how tools reach a gateway: a profile that says where it is and who is calling, connections over mutual TLS,
// and refusals in words.
//
// Promise: a connection is TLS 1.3 to a server that the profile's own CA vouches for - the machine's trust store is never asked -
// and a refusal is told with its stable reason, never with the bytes that were sent.
//
// Limits: it calls nothing by itself and repeats nothing; what may be repeated is the caller's to know.
package client
