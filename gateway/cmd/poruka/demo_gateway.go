package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// demoGateway is a whole gateway in a folder of its own, on ports that nobody else uses.
type demoGateway struct {
	folder     string
	settings   config.Config
	population *people.Population
	servers    *demoServers // the banks'
	log        *os.File
	buffer     *observe.Buffer
	cancel     context.CancelFunc
	ended      chan error
}

// startDemoGateway starts a gateway in folder, on an empty database if one is named, and imports invented accounts.
func startDemoGateway(ctx context.Context, s *streams, folder, database string, accounts int) (_ *demoGateway, err error) {
	settings, err := config.Config{
		DataDir: folder, DatabaseURL: database, Dev: true,
		Listen: config.Listen{GRPC: "127.0.0.1:0", REST: "127.0.0.1:0", Ops: "127.0.0.1:0"},
	}.Complete()
	if err != nil {
		return nil, wrongUsef("%w", err)
	}
	if database != "" {
		if err := wantEmpty(ctx, settings); err != nil {
			return nil, err
		}
	}
	servers, err := listenForBanks(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, servers.stop())
		}
	}()
	if err := development.Prepare(ctx, settings, time.Now); err != nil {
		return nil, err
	}
	if err := servers.serve(ctx, folder); err != nil {
		return nil, err
	}
	g := &demoGateway{folder: folder, settings: settings, servers: servers, ended: make(chan error, 1), cancel: func() {}}
	log, err := g.openLog()
	if err != nil {
		return nil, err
	}
	gateway, err := server.New(ctx, server.Config{Config: settings, Version: buildVersion().Version, Logger: log, Clock: time.Now})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the gateway cannot start: %w", err), g.closeLog())
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends after the banks, not with them
	g.cancel = cancel
	go func() { g.ended <- gateway.Run(running) }()
	if err := g.fill(ctx, s, gateway, accounts); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

// wantEmpty refuses a ledger that is somebody's: the demo fills it with people who do not exist, under keys that it throws away.
func wantEmpty(ctx context.Context, settings config.Config) error {
	engine, err := server.OpenLedger(ctx, settings, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("the database cannot be opened: %w", err)
	}
	status, err := engine.Status(ctx)
	if err := errors.Join(err, engine.Close()); err != nil {
		return err
	}
	if status.Accounts > 0 || status.Entries > 0 {
		return wrongUsef("the demo wants an empty database; this one holds %d accounts and %d records", status.Accounts, status.Entries)
	}
	return nil
}

func (g *demoGateway) fill(ctx context.Context, s *streams, gateway *server.Server, accounts int) (err error) {
	if err := development.WriteProfiles(g.folder, gateway.GRPCAddress(), gateway.RESTAddress()); err != nil {
		return err
	}
	if g.population, err = development.Population(g.folder, time.Now); err != nil {
		return err
	}
	portal, err := g.profile(string(certs.RolePortal))
	if err != nil {
		return err
	}
	bar := newProgress(s, "inventing accounts", "accounts", int64(accounts))
	defer bar.finish()
	return development.Populate(ctx, portal, g.population, accounts, func(done int64) { bar.set(done, done) })
}

// profile is that of a role, or of a bank by its id.
func (g *demoGateway) profile(name string) (client.Profile, error) {
	return client.ReadProfile(filepath.Join(g.folder, "profiles", name+".yaml"))
}

func (g *demoGateway) openLog() (_ *slog.Logger, err error) {
	if g.log, err = os.OpenFile(filepath.Join(g.folder, "gateway.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	g.buffer = observe.NewBuffer(g.log)
	return observe.NewLogger(observe.LogConfig{Writer: g.buffer, Level: "info"})
}

func (g *demoGateway) closeLog() error { return errors.Join(g.buffer.Close(), g.log.Close()) }

// stop drains the gateway, and then ends the servers of the banks.
func (g *demoGateway) stop() error {
	g.cancel()
	return errors.Join(<-g.ended, g.servers.stop(), g.closeLog())
}
