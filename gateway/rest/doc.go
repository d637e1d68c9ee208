// Package rest is the REST facade: routes and JSON of grpc-gateway in front of the same handlers, chain and access table as gRPC.
//
// Promise: a request is taken through the chain in process before anything of it is read: nobody unidentified gets a body parsed, and
// every error has one form, google.rpc.Status in JSON. Identity is that of the TLS connection; no header can become one.
//
// Powers: it serves /v1/..., /openapi.json and /docs.
//
// Limits: it knows no rule and no use case. gRPC's bidirectional and client streams have no route.
package rest
