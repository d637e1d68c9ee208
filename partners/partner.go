// Package partners is who the banks are: their agreements, limits, policies and dialects.
//
// Promise: a Directory answers from memory, always with a whole and validated roster; a bad new roster leaves the old one in force.
//
// Limits: whether an operator has suspended a bank is kept in the ledger, not here.
package partners

import (
	"crypto/x509"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/signature"
)

// ID names a bank, as in its certificate: lower-case letters, digits and hyphens.
type ID string

// Partner is one bank of the roster.
type Partner struct {
	ID          ID
	DisplayName string
	ValidFrom   person.Date // first day of the agreement
	ValidUntil  person.Date // last day; zero when open
	Policy      string      // id of the matching policy, for example match/1
	Minors      bool        // the reviewed policy admits persons of 14 to 17
	Style       string      // the bank's dialect; every bank may use the native API as well
	Limits      Limits
	Required    person.Requirements // what a claim must hold beyond what every claim must
	Keys        []signature.Key     // with which the bank signs, if its dialect does; old and new side by side
	Endpoint    Endpoint            // the bank's own API; zero when the gateway never calls it
}

// Endpoint is an API of a bank, or of the portal, that the gateway calls over mutual TLS. Nothing that a caller sends can name another.
type Endpoint struct {
	URL        string         // https, without a path or with its beginning; empty: there is none
	Authority  *x509.CertPool // who issues the server's certificates; never the system's
	ServerName string         // the DNS name that the server's certificate must hold
	Timeout    time.Duration  // of one call
	Concurrent int            // calls under way at the same time
	OrdersPath string         // where the data of an order are pulled from; empty: the bank calls us with the order's id
	EventsPath string         // where events are delivered; empty: none are
	Link       string         // where the customer goes, with {order} and {code} in it; empty: the bank has no such address
}

// IsZero reports whether there is nothing to call.
func (e Endpoint) IsZero() bool { return e.URL == "" }

// Limits are a bank's limits on one gateway.
type Limits struct {
	RequestsPerSecond  float64 // sustained
	Burst              int     // at once after a pause
	ConcurrentRequests int     // under way at the same time
	Connections        int     // open at the same time
}

// ActiveOn reports whether the agreement is in force on the day of now, in Moscow, where the agreements are made.
func (p Partner) ActiveOn(now time.Time) bool {
	day := person.DateOf(now.In(Moscow()))
	return !day.Before(p.ValidFrom) && (p.ValidUntil.IsZero() || !day.After(p.ValidUntil))
}

// Moscow is the zone in which days of agreements, births and passports are counted. It has no daylight saving time since 2014.
func Moscow() *time.Location { return time.FixedZone("", 3*60*60) } // the runtime keeps nameless zones of whole hours

// Directory finds banks.
type Directory interface {
	// Find finds a bank by id.
	Find(id ID) (Partner, bool)
	// All lists the banks, ordered by id.
	All() []Partner
}
