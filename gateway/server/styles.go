package server

import (
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/limit"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/style"
)

// styles tells how the banks of the roster write, and how they stand.
type styles struct {
	known   style.Set
	roster  *roster.Roster
	limiter *limit.Limiter
}

func (s *Server) styles() styles {
	return styles{known: style.Standard(), roster: s.roster, limiter: s.limiter}
}

// Find finds a dialect by the style that the roster gives a bank.
func (s styles) Find(name string) (style.Dialect, bool) { return s.known.Find(name) }

// Of gives the dialect of a bank.
func (s styles) Of(bank partners.ID) (style.Dialect, bool) {
	partner, ok := s.roster.Find(bank)
	if !ok {
		return nil, false
	}
	return s.known.Find(partner.Style)
}

// Standing tells how much more a bank may send; nothing of one that has just left the roster.
func (s styles) Standing(bank partners.ID) style.Limits {
	partner, ok := s.roster.Find(bank)
	if !ok {
		return style.Limits{}
	}
	return s.of(partner)
}

func (s styles) of(partner partners.Partner) style.Limits {
	standing := s.limiter.Standing(partner)
	return style.Limits{Limit: standing.Limit, Remaining: standing.Remaining, Reset: standing.Reset}
}
