// Package paging makes page tokens.
//
// Promise: a token is good only for the method and the filter for which it was made; any other is PAGE_TOKEN_INVALID.
//
// Limits: a token is not a secret and not signed: it names a place in a list that its holder may read anyway, and the
// engine refuses a place that it did not make.
package paging

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/ledger"
)

// Scope is what a token is bound to.
type Scope [12]byte

// ScopeOf binds to a method and to everything by which it chooses, in a fixed order. The size of a page is not part of it.
func ScopeOf(method string, filter ...string) Scope {
	bound := binary.AppendUvarint(nil, uint64(len(method)))
	bound = append(bound, method...)
	for _, part := range filter {
		bound = binary.AppendUvarint(bound, uint64(len(part)))
		bound = append(bound, part...)
	}
	digest := sha256.Sum256(bound)
	return Scope(digest[:len(Scope{})])
}

// Token gives the token for the page that begins after cursor; empty when there is none.
func (s Scope) Token(cursor ledger.Cursor) string {
	if cursor == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(s[:], cursor...))
}

// Cursor reads a token. The empty token is the first page. The error is a fault.
func (s Scope) Cursor(token string) (ledger.Cursor, error) {
	if token == "" {
		return "", nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) <= len(s) || subtle.ConstantTimeCompare(data[:len(s)], s[:]) != 1 {
		return "", fault.Wrap(fault.Invalid, fault.PageTokenInvalid, err)
	}
	cursor := ledger.Cursor(data[len(s):])
	if s.Token(cursor) != token { // the decoder skips line ends
		return "", fault.New(fault.Invalid, fault.PageTokenInvalid)
	}
	return cursor, nil
}

// Size gives the size of a page: usual when none was asked for, never more than most.
func Size(asked, usual, most int) int {
	if asked <= 0 {
		return usual
	}
	return min(asked, most)
}
