package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/server"
)

// serveCmd runs the gateway.
type serveCmd struct {
	Config      string `help:"YAML file with the settings; see deploy/config/poruka.yaml." type:"existingfile" placeholder:"FILE"`
	DataDir     string `help:"Folder of the embedded ledger and, by default, of everything else. Default: .poruka." placeholder:"DIR"`
	DatabaseURL string `name:"database-url" help:"The ledger: sqlite://PATH, postgres://... or cockroach://... Default: sqlite://DATADIR/ledger.db." placeholder:"URL"`
	GRPCAddress string `name:"grpc-address" help:"Where to serve gRPC, mTLS. Default: :8443." placeholder:"HOST:PORT"`
	RESTAddress string `name:"rest-address" help:"Where to serve REST, mTLS. Default: :8444." placeholder:"HOST:PORT"`
	OpsAddress  string `name:"ops-address" help:"Where to serve metrics, health and profiles; loopback only. Default: 127.0.0.1:9464." placeholder:"HOST:PORT"`
	LogFile     string `help:"File to append the log to. Default: standard error; with --dev DATADIR/gateway.log." placeholder:"FILE"`
	Dev         bool   `help:"Make whatever is missing: a private CA, certificates, keys, a roster of five banks, invented accounts."`
	Sandbox     *bool  `help:"Answer for the magic persons of deploy/docs/sandbox.md, for the tests of banks. Default: with --dev." negatable:""`
	Accounts    int    `help:"With --dev: how many accounts to invent when there are none." default:"10000"`
	Check       bool   `help:"Check the settings and the files they name, and exit."`
}

// Help is shown by --help.
func (*serveCmd) Help() string {
	return `Flags go before PORUKA_* variables, these before the file, that before the defaults. SIGTERM drains: no new calls, those under way
finish, exit 0.

Examples:

    poruka serve --dev
    poruka serve --config /etc/poruka/poruka.yaml --check
    poruka serve --config /etc/poruka/poruka.yaml
`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, s *streams) error {
	settings, err := c.settings()
	if err != nil {
		return wrongUsef("%w", err)
	}
	if c.Dev {
		if err := development.Prepare(ctx, settings, time.Now); err != nil {
			return err
		}
	}
	log, closeLog, err := c.openLog(s, settings)
	if err != nil {
		return err
	}
	cfg := server.Config{Config: settings, Version: buildVersion().Version, Logger: log, Clock: time.Now}
	if c.Check {
		return errors.Join(c.check(ctx, s, cfg), closeLog())
	}
	return errors.Join(c.serve(ctx, s, cfg), closeLog())
}

func (c *serveCmd) check(ctx context.Context, s *streams, cfg server.Config) error {
	if err := server.Check(ctx, cfg); err != nil {
		return wrongUsef("%w", err)
	}
	s.notef("the settings and the files they name are good")
	return nil
}

// serve runs the gateway until ctx ends.
func (c *serveCmd) serve(ctx context.Context, s *streams, cfg server.Config) error {
	gateway, err := server.New(ctx, cfg)
	if err != nil {
		return fmt.Errorf("the gateway cannot start: %w", err)
	}
	collectLater()
	ended := make(chan error, 1)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	go func() { ended <- gateway.Run(serving) }()
	if c.Dev {
		err = c.welcome(serving, s, cfg, gateway)
	} else {
		fmt.Fprintf(s.Out, "ready: gRPC %s, REST %s, ops %s\n", gateway.GRPCAddress(), gateway.RESTAddress(), gateway.OpsAddress())
	}
	if err != nil {
		stop()
	}
	return errors.Join(err, <-ended)
}

// garbage is how much may gather before it is collected, in percent of what lives. What lives in a gateway is some 10 MB, so Go's 100 would
// collect hundreds of times a second under load, for a tenth of all CPU time.
const garbage = 400

// collectLater sets it, unless the operator has said something else. It waits for the end of the start, whose garbage is of no use.
func collectLater() {
	if os.Getenv("GOGC") == "" {
		runtime.GC()
		debug.SetGCPercent(garbage)
	}
}

func (c *serveCmd) settings() (settings config.Config, err error) {
	if c.Config != "" {
		if settings, err = config.Load(c.Config); err != nil {
			return settings, err
		}
	}
	for _, flag := range []struct {
		value string
		into  *string
	}{
		{c.DataDir, &settings.DataDir},
		{c.DatabaseURL, &settings.DatabaseURL},
		{c.GRPCAddress, &settings.Listen.GRPC},
		{c.RESTAddress, &settings.Listen.REST},
		{c.OpsAddress, &settings.Listen.Ops},
	} {
		if flag.value != "" {
			*flag.into = flag.value
		}
	}
	settings.Dev = settings.Dev || c.Dev
	if c.Sandbox != nil {
		settings.Sandbox = c.Sandbox
	}
	return settings.Complete()
}

func (c *serveCmd) openLog(s *streams, settings config.Config) (*slog.Logger, func() error, error) {
	if c.LogFile == "" && c.Dev {
		c.LogFile = filepath.Join(settings.DataDir, "gateway.log") // the terminal is for what a newcomer should read
	}
	if c.LogFile == "" {
		buffer := observe.NewBuffer(s.Err)
		log, err := observe.NewLogger(observe.LogConfig{Writer: buffer, Level: settings.Log.Level})
		return log, buffer.Close, err
	}
	file, err := os.OpenFile(c.LogFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	buffer := observe.NewBuffer(file)
	log, err := observe.NewLogger(observe.LogConfig{Writer: buffer, Level: settings.Log.Level})
	return log, func() error { return errors.Join(buffer.Close(), file.Close()) }, err
}
