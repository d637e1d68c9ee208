package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of Config.
const (
	DefaultReloadEvery = 10 * time.Second
	DefaultCRLGrace    = 24 * time.Hour
)

// snapshotLife is how long one snapshot lasts when no file changes. A new one brings new session-ticket keys, so this is also
// how long the key that protects a ticket is used.
const snapshotLife = 24 * time.Hour

// Config says where the files are and what to do with them.
type Config struct {
	CertFile     string // the server's certificate, PEM, followed by its intermediates
	KeyFile      string // its private key, PEM; may not be readable by everybody
	ClientCAFile string // roots that may vouch for clients, PEM; intermediates among them are helpers, not roots
	CRLFile      string // revocation lists, PEM, one for each CA that issues to clients; empty: nothing is ever revoked
	TrustDomain  string // of every identity, for example dev.poruka

	Clock       func() time.Time
	ReloadEvery time.Duration // how often the files are looked at; 0: DefaultReloadEvery
	CRLGrace    time.Duration // how long past its next update a list is still believed; 0: DefaultCRLGrace
	Logger      *slog.Logger

	OnReload    func(err error)               // after each attempt to take new files: nil when they are in force; may be nil
	OnAlarm     func(err error)               // when a list goes stale or is no longer believed, and with nil when it is fresh again; may be nil
	OnHandshake func(resumed bool, err error) // when a certificate was checked to make a connection, before its owner proves to have the key; concurrently; may be nil
}

// Validate reports what is missing.
func (c Config) Validate() error {
	var errs []error
	for _, required := range []struct{ name, value string }{
		{"CertFile", c.CertFile}, {"KeyFile", c.KeyFile}, {"ClientCAFile", c.ClientCAFile},
	} {
		if required.value == "" {
			errs = append(errs, fmt.Errorf("certs: %s is missing", required.name))
		}
	}
	if !domainForm.MatchString(c.TrustDomain) {
		errs = append(errs, errors.New("certs: TrustDomain is missing or malformed"))
	}
	if c.Clock == nil || c.Logger == nil {
		errs = append(errs, errors.New("certs: Clock and Logger are required"))
	}
	if c.ReloadEvery < 0 || c.CRLGrace < 0 {
		errs = append(errs, errors.New("certs: ReloadEvery and CRLGrace cannot be negative"))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.ReloadEvery == 0 {
		c.ReloadEvery = DefaultReloadEvery
	}
	if c.CRLGrace == 0 {
		c.CRLGrace = DefaultCRLGrace
	}
	if c.OnReload == nil {
		c.OnReload = func(error) {}
	}
	if c.OnAlarm == nil {
		c.OnAlarm = func(error) {}
	}
	if c.OnHandshake == nil {
		c.OnHandshake = func(bool, error) {}
	}
	return c
}

// Source holds the certificates in force. It is safe for concurrent use.
type Source struct {
	config  Config
	current atomic.Pointer[snapshot]

	mu      sync.Mutex // guards what follows; held while files are read
	watched watched
	failure string // why the files on disk are not in force; empty when they are
	trust   trust  // in the revocation lists, as last told
}

// Open reads the files and refuses to go on unless all of them are good.
func Open(config Config) (*Source, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Source{config: config.withDefaults()}
	s.watched = watch(s.config)
	found, err := s.watched.read()
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	first, err := s.build(found)
	if err != nil {
		return nil, err
	}
	s.current.Store(first)
	s.watched.accept(found)
	s.tellTrust()
	return s, nil
}

// Own gives the certificate in force, with its key, for a server that is also a client: with every handshake, so that new files take
// effect. It must not be changed.
func (s *Source) Own() tls.Certificate { return s.current.Load().server }

// Run looks at the files until ctx ends; then it returns nil.
func (s *Source) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.config.ReloadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			_ = s.Reload() // told by the logger and OnReload
		}
	}
}

// Reload looks at the files now. When they have changed and are good they are in force on return; when they are bad the old
// ones stay, and the error says why.
func (s *Source) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tellTrust()

	old := s.current.Load()
	expired := s.config.Clock().Sub(old.made) >= snapshotLife
	if !expired && s.failure == "" && !s.watched.touched() {
		return nil
	}
	found, err := s.watched.read()
	if err != nil {
		return s.keepOld(fmt.Errorf("certs: %w", err))
	}
	if !expired && found.digest == old.digest {
		s.watched.accept(found)
		if s.failure != "" {
			s.failure = ""
			s.config.Logger.Info("the certificates on disk are those in force again")
			s.config.OnReload(nil)
		}
		return nil
	}
	fresh, err := s.build(found)
	if err != nil {
		return s.keepOld(err)
	}
	s.current.Store(fresh)
	s.watched.accept(found)
	s.failure = ""
	s.config.Logger.Info("certificates are in force",
		"serial", fresh.server.Leaf.SerialNumber.Text(16), "not_after", fresh.server.Leaf.NotAfter, "revoked", fresh.lists.size())
	s.config.OnReload(nil)
	return nil
}

// keepOld tells why new files were not taken; once for each reason, because bad files are tried again every time.
func (s *Source) keepOld(err error) error {
	if s.failure != err.Error() {
		s.failure = err.Error()
		s.config.Logger.Error("new certificates are bad, the old ones stay in force", "error", err)
		s.config.OnReload(err)
	}
	return err
}

// tellTrust tells when the revocation lists in force go stale, stop being believed, or are fresh again.
func (s *Source) tellTrust() {
	snap := s.current.Load()
	now, was := s.config.Clock(), s.trust
	s.trust = snap.lists.trust(now, s.config.CRLGrace)
	if s.trust == was {
		return
	}
	next := snap.lists.nextUpdate()
	switch s.trust {
	case trusted:
		s.config.Logger.Info("revocation lists are fresh again", "next_update", next)
		s.config.OnAlarm(nil)
	case stale:
		s.config.Logger.Warn("a revocation list is stale, callers are still admitted", "next_update", next, "until", next.Add(s.config.CRLGrace))
		s.config.OnAlarm(fmt.Errorf("%w: the list is stale", ErrRevocationUnknown))
	case distrusted:
		s.config.Logger.Error("a revocation list is stale beyond its grace, callers are refused", "next_update", next)
		s.config.OnAlarm(fmt.Errorf("%w: the list is stale beyond its grace", ErrRevocationUnknown))
	}
}
