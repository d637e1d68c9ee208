package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/banks"
	"github.com/poruka/poruka/partners/sandbox/magic"
)

// sandboxCmd plays the five banks.
type sandboxCmd struct {
	DataDir        string        `help:"Folder that 'poruka serve --dev' has made." default:".poruka" placeholder:"DIR"`
	Bank           []partners.ID `help:"Play only this bank; may be repeated." placeholder:"ID"`
	ControlAddress string        `help:"Where to serve the control API, without authentication; loopback only." default:"127.0.0.1:9600" placeholder:"HOST:PORT"`
	Persons        bool          `help:"Print the magic persons, which a sandbox gateway answers as the table says, and exit."`
}

// Help is shown by --help.
func (*sandboxCmd) Help() string {
	return `The five banks of the sandbox, as HTTPS servers in their own dialects: the gateway pulls the data of orders from them and delivers
events to them. What their customers do, and which faults there are, is said on the control API, or on the page to which an order's link
leads. They listen where DATADIR/roster.yaml says. One line is printed for each call. deploy/docs/sandbox.md tells it all.

Examples:

    poruka sandbox
    poruka sandbox --bank sberbank --bank vtb
    poruka sandbox --persons
`
}

// Run plays the banks until ctx ends.
func (c *sandboxCmd) Run(ctx context.Context, s *streams) error {
	if c.Persons {
		return printPersons(s)
	}
	configs, err := development.SandboxBanks(c.DataDir, time.Now)
	if errors.Is(err, development.ErrNotPrepared) {
		return wrongUsef("there are no banks in %s; 'poruka serve --dev --data-dir %[1]s' makes them: start it first, and in another terminal", c.DataDir)
	}
	if err != nil {
		return err
	}
	if configs, err = c.chosen(configs); err != nil {
		return err
	}
	played, err := c.open(ctx, s, configs)
	if err != nil {
		return err
	}
	if err := played.print(s); err != nil {
		return errors.Join(err, played.close())
	}
	return played.run(ctx)
}

// chosen are the banks that shall be played.
func (c *sandboxCmd) chosen(all []banks.Config) ([]banks.Config, error) {
	if len(c.Bank) == 0 {
		return all, nil
	}
	var known []string
	for _, one := range all {
		known = append(known, string(one.ID))
	}
	for _, id := range c.Bank {
		if !slices.Contains(known, string(id)) {
			return nil, wrongUsef("there is no bank %s; there are %s", id, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(one banks.Config) bool { return !slices.Contains(c.Bank, one.ID) }), nil
}

// stage is where a bank is played.
type stage struct {
	bank     *banks.Bank
	signs    bool
	listener net.Listener
}

// playhouse is the banks with their open listeners.
type playhouse struct {
	stages  []stage
	control net.Listener
}

func (c *sandboxCmd) open(ctx context.Context, s *streams, configs []banks.Config) (_ *playhouse, err error) {
	played := &playhouse{}
	defer func() {
		if err != nil {
			err = errors.Join(err, played.close())
		}
	}()
	ports := development.SandboxPorts(c.DataDir)
	calls := &callLog{s: s}
	for _, one := range configs {
		one.Observe = calls.add
		bank, err := banks.New(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.ID, err)
		}
		listener, err := listen(ctx, fmt.Sprintf("127.0.0.1:%d", ports[one.ID]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.ID, err)
		}
		played.stages = append(played.stages, stage{bank, one.Signer != nil, listener})
	}
	played.control, err = listen(ctx, c.ControlAddress)
	return played, err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

func (p *playhouse) close() error {
	var err error
	for _, one := range p.stages {
		err = errors.Join(err, one.listener.Close())
	}
	if p.control != nil {
		err = errors.Join(err, p.control.Close())
	}
	return err
}

// run serves until ctx ends or a bank fails.
func (p *playhouse) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var crew sync.WaitGroup
	failed := make([]error, len(p.stages)+1)
	serve := func(i int, what func() error) {
		crew.Go(func() {
			failed[i] = what()
			stop()
		})
	}
	var played []*banks.Bank
	for i, one := range p.stages {
		played = append(played, one.bank)
		serve(i, func() error { return one.bank.Serve(ctx, one.listener) })
	}
	serve(len(p.stages), func() error { return banks.NewControl(played...).Serve(ctx, p.control) })
	crew.Wait()
	return errors.Join(failed...)
}

// printPersons prints the magic persons.
func printPersons(s *streams) error {
	if s.JSON {
		return s.printJSON(map[string]any{"persons": personsOf()})
	}
	t := newTable("SNILS", "OUTCOME", "REASON", "BECAUSE")
	for _, p := range magic.All() {
		outcome, reason := p.Outcome, strings.Join(p.Reasons, " ")
		if p.Fault != "" {
			outcome, reason = "(error)", p.Fault
		}
		t.add(p.SNILS, outcome, reason, p.Why)
	}
	return t.print(s)
}

// magicPerson is how `sandbox --persons --json` tells of a person.
type magicPerson struct {
	SNILS   string   `json:"snils"`
	Outcome string   `json:"outcome,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	Fault   string   `json:"fault,omitempty"`
	Why     string   `json:"why"`
}

func personsOf() []magicPerson {
	var all []magicPerson
	for _, p := range magic.All() {
		all = append(all, magicPerson{p.SNILS, p.Outcome, p.Reasons, p.Fault, p.Why})
	}
	return all
}
