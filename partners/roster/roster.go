package roster

import (
	"context"
	_ "embed" // the dev roster
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/poruka/poruka/partners"
)

// StyleNative is the style of a bank that speaks our own API. It always exists.
const StyleNative = "native"

// Config is what a Roster needs.
type Config struct {
	Path        string
	Policies    []string      // ids of the matching policies that exist
	Styles      []Style       // dialects that exist, besides StyleNative
	ReloadEvery time.Duration // how often the file is looked at; 0 means 10 s
	OnReload    func(error)   // called when the file has changed, with what is wrong or nil; nil: not
}

// Roster is the roster in force. It is safe for concurrent use and implements partners.Directory.
type Roster struct {
	config Config
	force  atomic.Pointer[snapshot]
	files  *files // as last seen; of Open and Run alone
}

type snapshot struct {
	byID map[partners.ID]partners.Partner
	all  []partners.Partner
}

var _ partners.Directory = (*Roster)(nil)

// Open reads the file, which must be good.
func Open(config Config) (*Roster, error) {
	if config.ReloadEvery == 0 {
		config.ReloadEvery = 10 * time.Second
	}
	if config.ReloadEvery < 0 {
		return nil, errors.New("roster: ReloadEvery must not be negative")
	}
	r := &Roster{config: config, files: newFiles(config.Path)}
	if _, err := r.look(); err != nil {
		return nil, err
	}
	return r, nil
}

// Run follows the file until ctx ends. It returns nil.
func (r *Roster) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.config.ReloadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if changed, err := r.look(); changed && r.config.OnReload != nil {
			r.config.OnReload(err)
		}
	}
}

// look reads the file and those that it names, and puts them into force when they are new and good. It reports whether any has
// changed since the last look.
func (r *Roster) look() (changed bool, err error) {
	if !r.files.changed() {
		return false, nil
	}
	r.files = newFiles(r.config.Path)
	content, err := r.files.read(filepath.Base(r.config.Path))
	if err != nil {
		return true, fmt.Errorf("roster: %w", err)
	}
	banks, err := Parse(content, Known{Policies: r.config.Policies, Styles: r.config.Styles, Read: r.files.read})
	if err != nil {
		return true, fmt.Errorf("roster %s: %w", r.config.Path, err)
	}
	s := &snapshot{byID: make(map[partners.ID]partners.Partner, len(banks)), all: banks}
	for _, bank := range banks {
		s.byID[bank.ID] = bank
	}
	r.force.Store(s)
	return true, nil
}

// Find finds a bank by id.
func (r *Roster) Find(id partners.ID) (partners.Partner, bool) {
	bank, ok := r.force.Load().byID[id]
	return bank, ok
}

// All lists the banks, ordered by id.
func (r *Roster) All() []partners.Partner { return slices.Clone(r.force.Load().all) }

//go:embed dev.yaml
var dev string

// Dev is the file of the roster for development: the five banks, with limits that are never in the way.
func Dev() []byte { return []byte(dev) }

// Ports are the ports of this machine on which the banks of the sandbox listen.
type Ports map[partners.ID]int

// DevPorts are the usual ones.
func DevPorts() Ports {
	return Ports{"sberbank": 9601, "tinkoff": 9602, "pochtabank": 9603, "vtb": 9604, "bspb": 9605}
}

// DevOn is Dev with the banks on other ports; who is not in ports stays where it is.
func DevOn(ports Ports) []byte {
	var pairs []string
	for id, usual := range DevPorts() {
		if port, other := ports[id]; other {
			pairs = append(pairs, fmt.Sprintf("localhost:%d", usual), fmt.Sprintf("localhost:%d", port))
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(dev))
}
