package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// openEndpoints opens the clients of the banks' own APIs. Nothing is called yet.
func (s *Server) openEndpoints(_ context.Context, c *closers) (err error) {
	portal, err := s.portalEndpoint()
	if err != nil {
		return err
	}
	s.endpoints, err = bank.New(bank.Config{
		Directory:   s.roster,
		Portal:      portal,
		Certificate: s.ownCertificate,
		Clock:       s.cfg.Clock,
		Observe:     s.bankCalled,
		OnState:     s.breakerChanged,
	})
	if err != nil {
		return err
	}
	c.add("calls to banks", func() error {
		s.endpoints.Close()
		return nil
	})
	return nil
}

// errNoClient is told instead of calling banks with a certificate that each of them would refuse.
var errNoClient = errors.New("the gateway's certificate is not good for calling banks: no clientAuth among its extended key usages")

func (s *Server) ownCertificate() (tls.Certificate, error) {
	own := s.certs.Own()
	if usages := own.Leaf.ExtKeyUsage; len(usages) > 0 && !slices.Contains(usages, x509.ExtKeyUsageClientAuth) {
		return tls.Certificate{}, errNoClient
	}
	return own, nil
}

func (s *Server) bankCalled(id partners.ID, outcome string, took time.Duration) {
	switch bank.Cause(outcome) {
	case bank.Open, bank.Busy, bank.NoEndpoint: // nothing was sent
		took = 0
	default:
	}
	s.metrics.BankCalled(string(id), outcome, took)
}

func (s *Server) breakerChanged(id partners.ID, from, to bank.State) {
	s.metrics.BankChanged(string(id), string(to))
	if to == bank.BreakerOpen && from == bank.BreakerClosed {
		s.cfg.Logger.Warn("a bank's API fails and is not called for a while", "bank", string(id))
	}
	if to == bank.BreakerClosed {
		s.cfg.Logger.Info("a bank's API answers again", "bank", string(id))
	}
}

// gaugeEndpoints sets the gauges of the banks' APIs.
func (s *Server) gaugeEndpoints() {
	all := map[string]observe.BankEndpoint{}
	for id, one := range s.endpoints.Statuses() {
		all[string(id)] = observe.BankEndpoint{Breaker: string(one.Breaker), Calls: one.Calls}
	}
	s.metrics.Banks(all)
}

// checkEndpoints names the banks whose APIs are not called. Confirmations that need no such call go on.
func (s *Server) checkEndpoints(context.Context) error {
	var failing []string
	for id, one := range s.endpoints.Statuses() {
		if one.Breaker != bank.BreakerClosed {
			failing = append(failing, fmt.Sprintf("%s: %s since %s after %s", id, one.Breaker, one.Since.UTC().Format(time.TimeOnly), one.LastFailure))
		}
	}
	if len(failing) == 0 {
		return nil
	}
	slices.SortFunc(failing, cmp.Compare[string])
	return errors.New(strings.Join(failing, "; "))
}

// endpointOf tells operators how a bank's API stands; nil: it has none.
func (s *Server) endpointOf(id partners.ID) *porukav1.Endpoint {
	status, ok := s.endpoints.Status(id)
	if !ok {
		return nil
	}
	return &porukav1.Endpoint{
		Breaker:     porukav1.Endpoint_Breaker(porukav1.Endpoint_Breaker_value[string(status.Breaker)]),
		ChangeTime:  timestamppb.New(status.Since),
		Calls:       int32(min(status.Calls, 1<<30)), //nolint:gosec // bounded
		LastFailure: string(status.LastFailure),
	}
}
