package server

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// portalConcurrent is how many deliveries to the portal may be under way: one after the other, and a replay beside them.
const portalConcurrent = 4

var errPortalCA = errors.New("portal.ca: holds no certificate in PEM")

// portalEndpoint is where the portal takes events; the zero one when the settings name none.
func (s *Server) portalEndpoint() (partners.Endpoint, error) {
	c := s.cfg.Portal
	if c.URL == "" {
		return partners.Endpoint{}, nil
	}
	content, err := os.ReadFile(c.CA)
	if err != nil {
		return partners.Endpoint{}, fmt.Errorf("portal.ca: %w", err)
	}
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM(content) {
		return partners.Endpoint{}, errPortalCA
	}
	return partners.Endpoint{
		URL: c.URL, Authority: authority, ServerName: c.ServerName, Timeout: c.Timeout, Concurrent: portalConcurrent, EventsPath: c.EventsPath,
	}, nil
}

// notifyRooms are the parts that follow the log.
type notifyRooms struct {
	feed    *notify.Feed
	service *notify.Service // nil: the ring has no key for events
}

func (s *Server) openNotify(ctx context.Context, _ *closers) (err error) {
	s.notify.feed, err = notify.NewFeed(notify.FeedConfig{Ledger: s.ledger, Ring: s.ring, Logger: s.cfg.Logger})
	if err != nil {
		return err
	}
	if _, err := s.notify.feed.Refresh(ctx); err != nil {
		return err
	}
	s.notify.service, err = notify.New(notify.Config{
		Feed: s.notify.feed, Bookmarks: s.ledger, Ring: s.ring, Sender: sender{s}, Receivers: s.receivers,
		Observer: s.metrics.Receivers(), Clock: s.cfg.Clock, Logger: s.cfg.Logger,
	})
	if errors.Is(err, notify.ErrNoKey) {
		s.notify.service = nil
		if len(s.receivers()) > 0 {
			s.cfg.Logger.WarnContext(ctx, "no events are delivered", "error", err)
		}
		return nil
	}
	return err
}

func (s *Server) runNotify(ctx context.Context) error {
	if s.notify.service == nil {
		<-ctx.Done()
		return nil
	}
	return s.notify.service.Run(ctx)
}

// receivers lists those to whom events may be delivered now. A bank that is suspended or outside its dates is told nothing; it is told
// when it is back.
func (s *Server) receivers() []string {
	var ids []string
	for _, p := range s.roster.All() {
		if p.Endpoint.IsZero() || p.Endpoint.EventsPath == "" {
			continue
		}
		if _, err := s.banks.Check(p.ID); err == nil || fault.Of(err).Reason != fault.PartnerInactive {
			ids = append(ids, string(p.ID))
		}
	}
	if s.cfg.Portal.URL != "" {
		ids = append(ids, notify.Portal)
	}
	return ids
}

// sender delivers events over the clients of the banks' own APIs: to addresses of the roster and the settings alone.
type sender struct{ *Server }

// notTaken is the cause of a failure for an answer that is neither 2xx nor, by itself, a failed call.
const notTaken = "STATUS"

// Send is a notify.Sender.
func (s sender) Send(ctx context.Context, receiver string, m notify.Message) error {
	path, id := s.cfg.Portal.EventsPath, bank.PortalID
	if receiver != notify.Portal {
		id = partners.ID(receiver)
		p, _ := s.roster.Find(id)
		path = p.Endpoint.EventsPath
	}
	if path == "" {
		return &notify.Failure{Cause: string(bank.NoEndpoint)}
	}
	reply, err := s.endpoints.Do(ctx, id, bank.Call{Method: http.MethodPost, Path: path, Header: m.Header(), Body: m.Body})
	var failed *bank.Error
	switch {
	case errors.As(err, &failed):
		return &notify.Failure{Cause: string(failed.Cause), RetryAfter: failed.RetryAfter}
	case err != nil:
		return err
	case reply.Status/100 != 2:
		return &notify.Failure{Cause: notTaken, RetryAfter: retryAfter(reply.Header["retry-after"], s.cfg.Clock())}
	}
	return nil
}

// retryAfter reads a header Retry-After: seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// logAdvanced is told of each try to advance the log.
func (s *Server) logAdvanced(a tlog.Advance) {
	s.observeAdvance(a)
	if a.Entries > 0 && a.Err == nil {
		s.notify.feed.Wake()
	}
}
