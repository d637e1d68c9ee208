package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
)

// keysCmd is the key ring.
type keysCmd struct {
	Init   keysInitCmd   `cmd:"" help:"Make a key ring for production."`
	List   keysListCmd   `cmd:"" help:"List the keys of a ring."`
	Rotate keysRotateCmd `cmd:"" help:"Add a new key to a ring and let it take over."`
	Rewrap keysRewrapCmd `cmd:"" help:"Bring all accounts under the newest data key."`
}

// keyring is the flag that names the ring. Its file is written by 'poruka keys init', and by 'poruka serve --dev' for development.
type keyring struct {
	Keyring string `help:"File of the key ring." default:".poruka/keyring.json" placeholder:"FILE"`
}

// keysListCmd lists the keys.
type keysListCmd struct {
	keyring
	Log         bool   `help:"Print the public keys of the log instead, as those want them who check receipts and checkpoints." xor:"public"`
	Events      bool   `help:"Print the public keys of events instead, as their receivers want them." xor:"public"`
	TrustDomain string `help:"With --log: the trust domain of the gateways, after which the log is called." default:"dev.poruka" placeholder:"NAME"`
}

// Help is shown by --help.
func (*keysListCmd) Help() string {
	return `A ring has keys for six purposes: 'data' seals personal data, 'index' finds accounts by SNILS, INN and phone, 'request' names
and compares requests, 'log' signs receipts and checkpoints of the log, 'mark' marks the entries that the gateways have made,
'event' signs the events that are delivered to banks and the portal. The key in use makes what is new; the others read what they
have made. A secret key is never printed.

A ring from before there was a log has no 'log' and no 'mark', one from before there were events no 'event'; 'poruka keys rotate' adds
what is missing. Events are signed by the key in use and by the newest other one, so that receivers may know either.

Examples:

    poruka keys list --keyring .poruka/keyring.json
    poruka keys list --log --trust-domain bank.example
    poruka keys list --events
`
}

// keyView is one key as `keys list --json` prints it.
type keyView struct {
	Purpose seal.Purpose `json:"purpose"`
	ID      uint32       `json:"id"`
	InUse   bool         `json:"inUse"`
	Created time.Time    `json:"created"`
}

// ringView is what `keys list --json` prints.
type ringView struct {
	File        string    `json:"file"`
	Environment string    `json:"environment"`
	Created     time.Time `json:"created"`
	Keys        []keyView `json:"keys"`
}

// Run lists.
func (c *keysListCmd) Run(ctx context.Context, s *streams) error {
	ring, err := seal.File{Path: c.Keyring}.Load(ctx)
	if err != nil {
		return keyringError(err)
	}
	switch {
	case c.Log:
		return c.printLog(s, ring)
	case c.Events:
		return printEvents(s, ring)
	}
	if s.JSON {
		return s.printJSON(viewOf(c.Keyring, ring))
	}
	return printKeys(s, ring)
}

// logKeysView is what `keys list --log --json` prints: each key with the time since when it may have signed.
type logKeysView struct {
	Origin string   `json:"origin"`
	Keys   []string `json:"keys"`
}

func (c *keysListCmd) printLog(s *streams, ring *seal.Ring) error {
	origin := config.Config{TrustDomain: c.TrustDomain}.LogOrigin()
	lines, err := tlog.VerifierKeys(origin, ring)
	if err != nil {
		return wrongUsef("%w", err)
	}
	if len(lines) == 0 {
		return answerNof("the ring has no key for the log; 'poruka keys rotate' adds what is missing")
	}
	if s.JSON {
		return s.printJSON(logKeysView{origin, lines})
	}
	for _, line := range lines {
		fmt.Fprintln(s.Out, line)
	}
	return nil
}

func printEvents(s *streams, ring *seal.Ring) error {
	lines := notify.PublicKeys(ring)
	if len(lines) == 0 {
		return answerNof("the ring has no key for events; 'poruka keys rotate event' adds one")
	}
	if s.JSON {
		return s.printJSON(eventKeysView{lines})
	}
	for _, line := range lines {
		fmt.Fprintln(s.Out, line)
	}
	return nil
}

// eventKeysView is what `keys list --events --json` prints: each key with the time since when it may have signed.
type eventKeysView struct {
	Keys []string `json:"keys"`
}

func viewOf(path string, ring *seal.Ring) ringView {
	view := ringView{File: path, Environment: ring.Environment(), Created: ring.Created()}
	for _, key := range ring.Keys() {
		view.Keys = append(view.Keys, keyView{key.Purpose, key.ID, key.Primary, key.Created})
	}
	return view
}

func printKeys(s *streams, ring *seal.Ring) error {
	t := newTable("PURPOSE", "KEY#", "CREATED", "STATE")
	for _, key := range ring.Keys() {
		state := "reads"
		if key.Primary {
			state = "in use"
		}
		t.add(string(key.Purpose), strconv.FormatUint(uint64(key.ID), 10), key.Created.Format(time.DateTime), state)
	}
	return t.print(s)
}

// keysRotateCmd adds a key.
type keysRotateCmd struct {
	Purpose string `arg:"" optional:"" help:"Which key: data, request, log, mark or event." enum:"data,request,log,mark,event" default:"data"`
	Stage   bool   `help:"Add the key, but let it only read for now." xor:"step"`
	Promote uint32 `help:"Let a staged key take over." placeholder:"KEY" xor:"step"`
	keyring
}

// Help is shown by --help.
func (*keysRotateCmd) Help() string {
	return `What the older keys have made stays readable; a server takes the new ring when it is started again. With one server, stop it,
rotate, start it. With several servers that share a ring, rotate in two steps, so that none meets what it cannot read: stage,
bring the file to all and start them again one by one, promote, and once more. The index key cannot be rotated. A ring that has
no key at all for some purpose gets its first one on the way; with several servers, stop them all for that. Servers of a version that
does not know 'event' refuse a ring that has it: renew the servers first.

The file is replaced at once and as a whole. Keep the backup of the ring as long as any backup of the ledger: without its
key, sealed data are gone.

Examples:

    poruka keys rotate data --keyring .poruka/keyring.json
    poruka keys rotate request --stage
    poruka keys rotate request --promote 2718281828
`
}

// rotated is what `keys rotate --json` prints.
type rotated struct {
	Key  uint32   `json:"key"`
	Ring ringView `json:"ring"`
}

// Run rotates.
func (c *keysRotateCmd) Run(ctx context.Context, s *streams) error {
	id := c.Promote
	ring, err := seal.File{Path: c.Keyring}.Update(ctx, func(ring *seal.Ring) (next *seal.Ring, err error) {
		purpose := seal.Purpose(c.Purpose)
		isFirst := slices.Contains(ring.Lacks(), purpose)
		if ring, err = ring.Completed(); err != nil {
			return nil, err
		}
		switch {
		case isFirst && c.Promote == 0: // it has just got its key
			id = ring.Keys()[slices.IndexFunc(ring.Keys(), func(key seal.KeyInfo) bool { return key.Purpose == purpose })].ID
			return ring, nil
		case c.Promote != 0:
			return promote(ring, purpose, id)
		case c.Stage:
			next, id, err = ring.Stage(purpose)
		default:
			next, id, err = ring.Rotate(purpose)
		}
		return next, err
	})
	if err != nil {
		return keyringError(err)
	}
	if s.JSON {
		return s.printJSON(rotated{id, viewOf(c.Keyring, ring)})
	}
	if c.Stage {
		s.notef("key %d is staged: bring %s to every server, then promote it", id, c.Keyring)
	} else {
		s.notef("key %d has taken over in %s: servers take it when they are started again", id, c.Keyring)
	}
	return printKeys(s, ring)
}

func promote(ring *seal.Ring, purpose seal.Purpose, id uint32) (*seal.Ring, error) {
	held := func(key seal.KeyInfo) bool { return key.Purpose == purpose && key.ID == id }
	at := slices.IndexFunc(ring.Keys(), held)
	switch {
	case at < 0:
		return nil, wrongUsef("the ring has no %s key %d", purpose, id)
	case ring.Keys()[at].Primary:
		return nil, answerNof("the %s key %d is in use already", purpose, id)
	}
	return ring.Promote(purpose, id)
}

// keyringError tells what to do about a ring that is not there or open to others.
func keyringError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; 'poruka keys init' makes one, 'poruka serve --dev' one for development", err)
	case errors.Is(err, seal.ErrMode):
		return fmt.Errorf("%w; chmod 0400 mends it", err)
	default:
		return err
	}
}
