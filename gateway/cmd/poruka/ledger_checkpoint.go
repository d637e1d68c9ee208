package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"os"
	"time"

	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// ledgerCheckpointCmd prints what was signed last of the log.
type ledgerCheckpointCmd struct {
	Profile     string `help:"Ask a gateway: file that says where it is and who is calling; any role may." placeholder:"FILE"`
	DataDir     string `help:"Folder of the embedded ledger." default:".poruka" placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH, postgres://... or cockroach://... Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
	Keys        string `help:"File of the public keys of the log, see 'poruka keys list --log'. Default: that of the profile, or DATADIR/log-keys.txt." placeholder:"FILE"`
}

// Help is shown by --help.
func (*ledgerCheckpointCmd) Help() string {
	return `A checkpoint says how long the log is and what its root is, signed by the gateway; whoever keeps one can prove later that nothing
before it was changed. It is checked with the public keys of the log before it is printed. The embedded ledger belongs to one
process at a time: while a gateway serves it, ask the gateway.

Exit code 1: there is none yet, or no trusted key has signed it.

Examples:

    poruka ledger checkpoint --profile .poruka/profiles/compliance.yaml
    poruka ledger checkpoint --data-dir .poruka
    poruka ledger checkpoint --database-url postgres://poruka@db.example/poruka --keys log-keys.txt
`
}

// checkpointView is what `ledger checkpoint --json` prints.
type checkpointView struct {
	Origin     string `json:"origin"`
	Size       int64  `json:"size"`
	Root       []byte `json:"root"`
	Checkpoint string `json:"checkpoint"`
}

// Run prints it.
func (c *ledgerCheckpointCmd) Run(ctx context.Context, s *streams) error {
	text, err := c.read(ctx)
	if err != nil {
		return err
	}
	keys, err := c.trusted()
	if err != nil {
		return err
	}
	signed, err := verify.Checkpoint(text, keys)
	if err != nil {
		return answerNof("the checkpoint does not hold: %w", err)
	}
	if s.JSON {
		return s.printJSON(checkpointView{signed.Origin, signed.Size, signed.Root[:], string(text)})
	}
	_, err = s.Out.Write(text)
	return err
}

// trusted reads the keys. It is called after read, which names the profile's.
func (c *ledgerCheckpointCmd) trusted() (verify.Keys, error) {
	path := c.Keys
	if path == "" {
		path = config.Config{DataDir: c.DataDir}.LogKeys()
	}
	keys, err := readLogKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrongUsef("there is no %s; 'poruka keys list --log' prints the keys of the log for --keys", path)
	}
	return keys, err
}

func readLogKeys(path string) (verify.Keys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return verify.ParseKeys(string(text))
}

var errNoCheckpoint = errors.New("nothing of the log is signed yet")

func (c *ledgerCheckpointCmd) read(ctx context.Context) ([]byte, error) {
	if c.Profile != "" {
		profile, err := client.ReadProfile(c.Profile)
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		if c.Keys == "" {
			c.Keys = profile.LogKeys
		}
		return fetchCheckpoint(ctx, profile)
	}
	settings, err := config.Config{DataDir: c.DataDir, DatabaseURL: c.DatabaseURL}.Complete()
	if err != nil {
		return nil, wrongUsef("%w", err)
	}
	if _, err := sizeOf(settings); err != nil {
		return nil, err
	}
	text, err := storedCheckpoint(ctx, settings)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, answerNof("%w", errNoCheckpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("the ledger cannot be read: %w%s", err, embeddedHint(settings))
	}
	return text, nil
}

func storedCheckpoint(ctx context.Context, settings config.Config) (text []byte, err error) {
	store, err := server.OpenLedger(ctx, settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Checkpoint(ctx, math.MaxInt64)
}

// mostCheckpoint is more than any checkpoint has, in bytes.
const mostCheckpoint = 64 << 10

// fetchCheckpoint asks a gateway over REST.
func fetchCheckpoint(ctx context.Context, p client.Profile) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	web, err := p.HTTP()
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	defer web.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.RESTAddress+"/log/checkpoint", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := web.Do(request)
	if err != nil {
		return nil, client.Explain(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostCheckpoint))
	switch {
	case err != nil:
		return nil, client.Explain(err)
	case response.StatusCode == http.StatusNotFound:
		return nil, answerNof("%w", errNoCheckpoint)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the gateway did not give it: HTTP %d", response.StatusCode)
	}
	return text, nil
}
