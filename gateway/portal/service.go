package portal

import (
	"errors"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners"
)

// Config is what a Service needs.
type Config struct {
	Committer *group.Committer
	Reader    ledger.Reader
	Ring      *seal.Ring
	Clock     func() time.Time
	Workers   int // rows of one import prepared at the same time; 0 means DefaultWorkers
	Imports   int // under way at the same time; more are refused with OVERLOADED. 0 means DefaultImports
}

// Defaults of Config.
const (
	DefaultWorkers = 4
	DefaultImports = 2
)

func (c Config) withDefaults() (Config, error) {
	if c.Committer == nil || c.Reader == nil || c.Ring == nil || c.Clock == nil {
		return c, errors.New("portal: committer, reader, ring and clock are required")
	}
	if c.Workers < 0 || c.Imports < 0 {
		return c, errors.New("portal: a limit is negative")
	}
	if c.Workers == 0 {
		c.Workers = DefaultWorkers
	}
	if c.Imports == 0 {
		c.Imports = DefaultImports
	}
	return c, nil
}

// Lanes of the portal's decisions. No bank's id has a slash.
const (
	lane       group.Lane = group.Lane(ledger.PortalID)
	importLane group.Lane = lane + "/import" // somebody waits for a single account, nobody for a row
)

// Service keeps accounts. Make one with New. It is safe for concurrent use.
type Service struct {
	cfg     Config
	imports chan struct{}
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, imports: make(chan struct{}, cfg.Imports)}, nil
}

// now is the clock as the ledger keeps it.
func (s *Service) now() time.Time { return s.cfg.Clock().UTC().Truncate(time.Microsecond) }

// today is the day now: days of birth and of passports are counted in Moscow.
func (s *Service) today() person.Date { return person.DateOf(s.cfg.Clock().In(partners.Moscow())) }
