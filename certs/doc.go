// Package certs is who is on the line: certificates, identities, revocation.
//
// Promise: a caller is exactly one URI name of a client certificate that our own CA issued, that is in its time and that has
// not been revoked - checked when the connection is made, when a session is resumed, and again for every request. New files
// take effect without a restart; bad new files leave the old ones in force, and are told.
//
// Powers: it reads the files it is given, again and again; it writes nothing and opens no connection. Package authority issues
// the certificates; package certstest makes odd ones for tests.
//
// Limits: it decides who a caller is, not what it may do; see gateway/access. Revocation is known from lists in a file alone:
// no OCSP, no download. Delta and indirect lists are refused.
package certs
