package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/config"
)

func TestExampleFilesAreValid(t *testing.T) {
	files, err := filepath.Glob("../../deploy/config/poruka*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no example configuration found: %v", err)
	}
	for _, file := range files {
		c, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Complete(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	c, err := config.Config{}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if path, ok := c.SQLitePath(); !ok || path != filepath.Join(".poruka", "ledger.db") {
		t.Errorf("ledger at %q, want it in the data directory", path)
	}
}

func TestWrongValuesAreNamed(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"unknown key":        {"dataDirectory: x", "dataDirectory"},
		"unknown nested key": {"listen: {http: ':80'}", "http"},
		"wrong type":         {"limits: {groupSize: many}", "many"},
		"no port":            {"listen: {grpc: localhost}", "listen.grpc"},
		"port out of range":  {"listen: {rest: ':70000'}", "listen.rest"},
		"ops on the network": {"listen: {ops: '0.0.0.0:9464'}", "listen.ops"},
		"group too large":    {"limits: {groupSize: 100000}", "limits.groupSize"},
		"negative queue":     {"limits: {queueLength: -1}", "limits.queueLength"},
		"other database":     {"databaseUrl: mysql://x", "databaseUrl"},
		"no database server": {"databaseUrl: 'postgres://'", "databaseUrl"},
		"no database file":   {"databaseUrl: 'sqlite://'", "databaseUrl"},
		"log level":          {"log: {level: loud}", "log.level"},
		"ratio":              {"tracing: {ratio: 2}", "tracing.ratio"},
		"plain portal":       {"portal: {url: 'http://portal.example', ca: ca.pem}", "portal.url"},
		"portal of nobody":   {"portal: {url: 'https://portal.example'}", "portal.ca"},
		"portal with query":  {"portal: {url: 'https://portal.example?a=b', ca: ca.pem}", "portal.url"},
		"portal with user":   {"portal: {url: 'https://me@portal.example', ca: ca.pem}", "portal.url"},
		"path of events":     {"portal: {url: 'https://portal.example', ca: ca.pem, eventsPath: '../x'}", "portal.eventsPath"},
		"patience":           {"portal: {url: 'https://portal.example', ca: ca.pem, timeout: 1h}", "portal.timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(file, []byte(test.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := config.Load(file)
			if err == nil {
				_, err = c.Complete()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that names %s", err, test.want)
			}
		})
	}
}

func TestAllWrongValuesAreToldAtOnce(t *testing.T) {
	c := config.Config{Listen: config.Listen{GRPC: "x", REST: "y"}}
	_, err := c.Complete()
	if err == nil || !strings.Contains(err.Error(), "listen.grpc") || !strings.Contains(err.Error(), "listen.rest") {
		t.Errorf("error %v, want both keys", err)
	}
}
