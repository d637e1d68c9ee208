package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

func (c Config) validate() error {
	return errors.Join(
		c.validateDatabase(),
		address("listen.grpc", c.Listen.GRPC),
		address("listen.rest", c.Listen.REST),
		address("listen.ops", c.Listen.Ops),
		loopback("listen.ops", c.Listen.Ops),
		c.Portal.validate(),
		c.validateLimits(),
		level(c.Log.Level),
		within("tracing.ratio", c.Tracing.Ratio, 0, 1),
	)
}

func (c Config) validateDatabase() error {
	scheme, rest, _ := strings.Cut(c.DatabaseURL, "://")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return errors.New("databaseUrl: sqlite:// needs the path of a file")
		}
		return nil
	case "postgres", "cockroach":
		if rest == "" {
			return fmt.Errorf("databaseUrl: %s:// needs the address of a server", scheme)
		}
		return nil
	default: // the rest may hold a password and is not shown
		return errors.New("databaseUrl: must begin with sqlite://, postgres:// or cockroach://")
	}
}

func (c Config) validateLimits() error {
	return errors.Join(
		within("limits.groupSize", c.Limits.GroupSize, 1, 1024),
		within("limits.queueLength", c.Limits.QueueLength, 1, 1<<20),
		within("limits.reports", c.Limits.Reports, 1, 64),
		within("limits.maxDeadline", c.Limits.MaxDeadline, time.Second, 5*time.Minute),
		within("limits.drainPatience", c.Limits.DrainPatience, time.Second, 10*time.Minute),
		within("certificates.crlGrace", c.Certificates.CRLGrace, time.Minute, 30*24*time.Hour),
	)
}

func within[T int | float64 | time.Duration](key string, value, least, most T) error {
	if value < least || value > most {
		return fmt.Errorf("%s: %v is not between %v and %v", key, value, least, most)
	}
	return nil
}

func address(key, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return fmt.Errorf("%s: %q is not host:port", key, value)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("%s: %q is not a port number", key, port)
	}
	return nil
}

// loopback refuses to show metrics and profiles to the network: they are not authenticated.
func loopback(key, value string) error {
	host, _, _ := net.SplitHostPort(value)
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s: %q is not a loopback address; it is not authenticated and must stay on this machine", key, host)
	}
	return nil
}

func level(name string) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return fmt.Errorf("log.level: %q is not debug, info, warn or error", name)
	}
	return nil
}
