// Package api holds what is generated from the protos: Go in poruka/v1, and the OpenAPI descriptions embedded here.
package api

import _ "embed" // for the descriptions

// OpenAPI is the description of the REST facade in OpenAPI 3, JSON.
//
//go:embed openapi/poruka.openapi.json
var OpenAPI []byte

// Swagger is the same in OpenAPI 2, JSON; the contract test reads it.
//
//go:embed openapi/poruka.swagger.json
var Swagger []byte
