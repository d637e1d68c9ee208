package audit

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/paging"
	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog"
)

// Sizes of the pages of List.
const (
	usualPage = 100
	mostPage  = 1000
)

// Defaults of Config.
const (
	DefaultReports = 2
	DefaultReads   = 8
)

// retryReport is the advice when too many reports are being made.
const retryReport = 5 * time.Second

// Config is what a Service needs.
type Config struct {
	Ledger ledger.Reporter
	// Log, Prover and Key show what is in the log and sign reports. Without them no report is made.
	Log      ledger.Log
	Prover   *tlog.Prover
	Key      *tlog.Key
	Patience time.Duration // how long a report waits for the signed log. 0 means DefaultPatience

	Reports int // made at the same time; more are refused with OVERLOADED. 0 means DefaultReports
	Reads   int // lists and summaries at the same time; more wait. 0 means DefaultReads
}

// Validate fills in the defaults and says what is wrong.
func (c *Config) Validate() error {
	if c.Reports == 0 {
		c.Reports = DefaultReports
	}
	if c.Reads == 0 {
		c.Reads = DefaultReads
	}
	if c.Patience == 0 {
		c.Patience = DefaultPatience
	}
	if (c.Log == nil) != (c.Prover == nil) || (c.Log == nil) != (c.Key == nil) {
		return errors.New("audit: log, prover and key go together")
	}
	if c.Ledger == nil || c.Patience < 0 || c.Reports < 0 || c.Reads < 0 {
		return errors.New("audit: a ledger and positive limits are required")
	}
	return nil
}

// Service answers compliance. Make one with New.
type Service struct {
	cfg     Config
	reports chan struct{}
	reads   chan struct{}
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, reports: make(chan struct{}, cfg.Reports), reads: make(chan struct{}, cfg.Reads)}, nil
}

var partnerForm = regexp.MustCompile(`^[a-z0-9-]{0,40}$`)

// check refuses a filter that cannot mean anything.
func check(f ledger.Filter) error {
	var wrong []fault.Violation
	if !partnerForm.MatchString(string(f.Partner)) {
		wrong = append(wrong, fault.Violation{Field: "bank", Reason: fault.FieldFormat, Text: "must be the id of a bank, or `portal`"})
	}
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		wrong = append(wrong, fault.Violation{Field: "to", Reason: fault.FieldFormat, Text: "must not be before `from`"})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

// List gives one page of entries in the order of the ledger, and the token of the next page, empty on the last. size 0
// means 100, more than 1000 means 1000. The list ends where the ledger ended when its first page was asked for: pages leave entries
// of their own. Errors are faults.
func (s *Service) List(ctx context.Context, filter ledger.Filter, size int, token string) ([]ledger.Entry, string, error) {
	if err := check(filter); err != nil {
		return nil, "", err
	}
	scope := paging.ScopeOf("audit.List", stamp(filter.From), stamp(filter.To), string(filter.Partner), strconv.Itoa(int(filter.Outcome)))
	place, err := scope.Cursor(token)
	if err != nil {
		return nil, "", err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, "", err
	}
	defer leave()
	page := ledger.Page{Limit: paging.Size(size, usualPage, mostPage)}
	if page.After, page.Until, err = s.bounds(ctx, place); err != nil || page.Until == "" {
		return nil, "", err
	}
	entries, next, err := s.cfg.Ledger.Entries(ctx, filter, page)
	if err != nil || next == "" {
		return entries, "", refusal.Ledger(err)
	}
	return entries, scope.Token(next + betweenPlaces + page.Until), nil
}

// betweenPlaces parts where a page begins from where the list ends. No engine's cursor holds it.
const betweenPlaces = "\x00"

// bounds reads where a page begins and where its list ends: on the first page, where the ledger ends now. No end: it is empty.
func (s *Service) bounds(ctx context.Context, place ledger.Cursor) (after, until ledger.Cursor, err error) {
	if place == "" {
		until, err = s.cfg.Ledger.Head(ctx)
		return "", until, refusal.Ledger(err)
	}
	begin, end, whole := strings.Cut(string(place), betweenPlaces)
	if !whole || begin == "" || end == "" {
		return "", "", fault.New(fault.Invalid, fault.PageTokenInvalid)
	}
	return ledger.Cursor(begin), ledger.Cursor(end), nil
}

// Summary counts entries by partner, kind and outcome.
type Summary struct {
	Counts []ledger.Count // ordered by partner, kind, outcome
	Total  int64
}

// Summarize counts the entries that filter chooses. Errors are faults.
func (s *Service) Summarize(ctx context.Context, filter ledger.Filter) (Summary, error) {
	if err := check(filter); err != nil {
		return Summary{}, err
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return Summary{}, err
	}
	defer leave()
	counts, err := s.cfg.Ledger.Summary(ctx, filter)
	if err != nil {
		return Summary{}, refusal.Ledger(err)
	}
	summary := Summary{Counts: counts}
	for _, c := range counts {
		summary.Total += c.Entries
	}
	return summary, nil
}

// enter waits for one of the few places of readers.
func (s *Service) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.reads <- struct{}{}:
		return func() { <-s.reads }, nil
	case <-ctx.Done():
		return nil, refusal.Ledger(ctx.Err())
	}
}

// stamp writes a time of a filter; empty when it chooses everything.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
