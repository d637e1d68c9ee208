// Package config is what an operator sets: one YAML file, with flags and environment over it.
//
// Promise: a Config that Load or Complete returns is whole and valid: defaults are filled in once, here; unknown keys, missing
// files and impossible values are refused before anything is opened, each with the key that is wrong.
//
// Limits: it opens nothing. The rooms' own Configs are made from it in gateway/server.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is everything an operator may set. Paths are relative to the working directory.
type Config struct {
	DataDir      string       `yaml:"dataDir"`     // where the embedded ledger and the last head of the log's signer live, and by default everything else
	DatabaseURL  string       `yaml:"databaseUrl"` // sqlite://PATH, postgres://..., cockroach://...; empty: sqlite://DATADIR/ledger.db
	TrustDomain  string       `yaml:"trustDomain"` // of all certificates, for example dev.poruka
	Listen       Listen       `yaml:"listen"`
	Certificates Certificates `yaml:"certificates"`
	KeyRing      string       `yaml:"keyRing"` // file of the key ring; empty: DATADIR/keyring.json
	Roster       string       `yaml:"roster"`  // file of the roster; empty: DATADIR/roster.yaml
	Portal       Portal       `yaml:"portal"`
	Limits       Limits       `yaml:"limits"`
	Log          Log          `yaml:"log"`
	Tracing      Tracing      `yaml:"tracing"`
	Dev          bool         `yaml:"dev"`     // reflection on; development keys accepted
	Sandbox      *bool        `yaml:"sandbox"` // the persons of deploy/docs/sandbox.md are answered as it says; nil: as Dev
}

// Listen are the addresses to listen on, `host:port`.
type Listen struct {
	GRPC string `yaml:"grpc"` // default :8443
	REST string `yaml:"rest"` // default :8444
	Ops  string `yaml:"ops"`  // metrics, health, profiles; default 127.0.0.1:9464, loopback only
}

// Certificates are the files of the server's identity and of those it trusts.
type Certificates struct {
	Cert     string        `yaml:"cert"`     // default DATADIR/certs/gateway.pem
	Key      string        `yaml:"key"`      // default DATADIR/certs/gateway-key.pem
	ClientCA string        `yaml:"clientCa"` // default DATADIR/certs/ca.pem
	CRL      string        `yaml:"crl"`      // default DATADIR/certs/crl.pem
	CRLGrace time.Duration `yaml:"crlGrace"` // how long past its next update a revocation list is still believed; default 24h
}

// Limits bound the work of one gateway.
type Limits struct {
	GroupSize     int           `yaml:"groupSize"`     // confirmations decided in one transaction at most; default 64
	QueueLength   int           `yaml:"queueLength"`   // confirmations waiting for a transaction at most, half of them of one bank; default 4096
	Reports       int           `yaml:"reports"`       // reports streamed at the same time; default 2
	MaxDeadline   time.Duration `yaml:"maxDeadline"`   // a caller's longer deadline is cut to this; default 10s
	DrainPatience time.Duration `yaml:"drainPatience"` // how long shutting down waits for calls under way; default 30s
}

// Log says what is logged.
type Log struct {
	Level string `yaml:"level"` // debug, info, warn or error; default info
}

// Tracing says where traces go.
type Tracing struct {
	Endpoint string  `yaml:"endpoint"` // OTLP over gRPC, host:port; empty: no traces
	Insecure bool    `yaml:"insecure"` // plain text to the endpoint
	Ratio    float64 `yaml:"ratio"`    // share of calls traced, 0 to 1; default 0.01
}

// Load reads a YAML file strictly. The result is not complete yet: lay flags over it, then call Complete.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	var c Config
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

// Complete fills in the defaults and validates.
func (c Config) Complete() (Config, error) {
	setDefault(&c.DataDir, ".poruka")
	setDefault(&c.DatabaseURL, "sqlite://"+filepath.Join(c.DataDir, "ledger.db"))
	setDefault(&c.TrustDomain, "dev.poruka")
	setDefault(&c.Listen.GRPC, ":8443")
	setDefault(&c.Listen.REST, ":8444")
	setDefault(&c.Listen.Ops, "127.0.0.1:9464")
	setDefault(&c.Certificates.Cert, filepath.Join(c.DataDir, "certs", "gateway.pem"))
	setDefault(&c.Certificates.Key, filepath.Join(c.DataDir, "certs", "gateway-key.pem"))
	setDefault(&c.Certificates.ClientCA, filepath.Join(c.DataDir, "certs", "ca.pem"))
	setDefault(&c.Certificates.CRL, filepath.Join(c.DataDir, "certs", "crl.pem"))
	setDefault(&c.Certificates.CRLGrace, 24*time.Hour)
	setDefault(&c.KeyRing, filepath.Join(c.DataDir, "keyring.json"))
	setDefault(&c.Roster, filepath.Join(c.DataDir, "roster.yaml"))
	c.Portal.setDefaults()
	setDefault(&c.Limits.GroupSize, 64)
	setDefault(&c.Limits.QueueLength, 4096)
	setDefault(&c.Limits.Reports, 2)
	setDefault(&c.Limits.MaxDeadline, 10*time.Second)
	setDefault(&c.Limits.DrainPatience, 30*time.Second)
	setDefault(&c.Log.Level, "info")
	setDefault(&c.Tracing.Ratio, 0.01)
	if c.Sandbox == nil {
		sandbox := c.Dev
		c.Sandbox = &sandbox
	}
	return c, c.validate()
}

// IsSandbox reports whether the gateway answers for the persons of the sandbox. Where it does not, they are refused.
func (c Config) IsSandbox() bool { return c.Sandbox != nil && *c.Sandbox }

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// SQLitePath gives the file of the embedded ledger; ok is false for any other kind of database URL.
func (c Config) SQLitePath() (path string, ok bool) {
	return strings.CutPrefix(c.DatabaseURL, "sqlite://")
}

// LogOrigin is the name by which the world knows the log of this ledger.
func (c Config) LogOrigin() string { return c.TrustDomain + "/ledger" }

// SignerHead is the file in which this gateway keeps what it has signed of the log. Each gateway has its own.
func (c Config) SignerHead() string { return filepath.Join(c.DataDir, "log-head.txt") }

// LogKeys is the file, written for development, with the public keys of the log.
func (c Config) LogKeys() string { return filepath.Join(c.DataDir, "log-keys.txt") }
