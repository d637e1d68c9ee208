package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// endpoint is a measured server and where it answers.
type endpoint struct {
	*process
	certificates, grpc, rest string
}

func (e *endpoint) clients(callers int) (*clients, error) {
	return dial(e.certificates, bank, e.grpc, e.rest, callers)
}

func (p *pgWorld) addresses(ctx context.Context) (found [3]string, err error) {
	for i := range found {
		if found[i], err = freeAddress(ctx); err != nil {
			return found, err
		}
	}
	return found, nil
}

func (p *pgWorld) startFloor(ctx context.Context) (*endpoint, error) {
	at, err := p.addresses(ctx)
	if err != nil {
		return nil, err
	}
	server, err := startProcess(ctx, p.dir, p.self, "floor", p.certificates(), at[0], at[1])
	return &endpoint{server, p.certificates(), at[0], at[1]}, err
}

// serve starts a gateway on a ledger. groupSize 0 is the gateway's own.
func (p *pgWorld) serve(ctx context.Context, d *database, groupSize int) (*endpoint, error) {
	at, err := p.addresses(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{
		"serve", "--dev", "--accounts", "0", "--data-dir", p.data(), "--database-url", d.url,
		"--grpc-address", at[0], "--rest-address", at[1], "--ops-address", at[2],
		"--log-file", filepath.Join(p.dir, fmt.Sprintf("gateway-%d-%d.log", d.accounts, groupSize)),
	}
	if groupSize > 0 {
		settings := filepath.Join(p.dir, fmt.Sprintf("groups-%d.yaml", groupSize))
		if err := os.WriteFile(settings, fmt.Appendf(nil, "limits:\n  groupSize: %d\n", groupSize), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--config", settings)
	}
	fmt.Fprintf(os.Stderr, "a gateway on %d accounts: http://%s/debug/pprof/\n", d.accounts, at[2])
	server, err := startProcess(ctx, p.dir, p.Binary, args...)
	return &endpoint{server, p.certificates(), at[0], at[1]}, err
}
