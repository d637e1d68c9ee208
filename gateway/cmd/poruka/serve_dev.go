package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// welcome fills an empty ledger, prints what to type, and keeps the example fresh until ctx ends.
func (c *serveCmd) welcome(ctx context.Context, s *streams, cfg server.Config, gateway *server.Server) error {
	dir := cfg.DataDir
	if err := development.WriteProfiles(dir, gateway.GRPCAddress(), gateway.RESTAddress()); err != nil {
		return err
	}
	population, err := development.Population(dir, time.Now)
	if err != nil {
		return err
	}
	portal := development.ProfileOf(dir, string(certs.RolePortal), gateway.GRPCAddress(), gateway.RESTAddress())
	err = c.populate(ctx, s, gateway, portal, population)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // interrupted; the next start goes on
	}
	if err != nil {
		return err
	}
	example, err := development.NewExample(ctx, dir, portal, population, c.Accounts, time.Now)
	if err != nil && ctx.Err() == nil && !errors.Is(err, development.ErrNobody) {
		return err
	}
	c.greet(s, cfg, gateway, err)
	if example != nil {
		return example.Run(ctx)
	}
	return nil
}

func (c *serveCmd) populate(ctx context.Context, s *streams, gateway *server.Server, portal client.Profile, population *people.Population) error {
	have, err := gateway.Accounts(ctx)
	if err != nil || have >= int64(c.Accounts) {
		return err
	}
	bar := newProgress(s, "inventing accounts", "accounts", int64(c.Accounts))
	err = development.Populate(ctx, portal, population, c.Accounts, func(done int64) { bar.set(done, done) })
	bar.finish()
	return err
}

// greet prints the ready line and calls to copy. example is why there is no example, if there is none.
func (c *serveCmd) greet(s *streams, cfg server.Config, gateway *server.Server, example error) {
	dir := cfg.DataDir
	grpcAddress, restAddress := development.Local(gateway.GRPCAddress()), development.Local(gateway.RESTAddress())
	file := func(name string) string { return filepath.Join(dir, "certs", name) }
	bank := development.ExampleBank
	fmt.Fprintf(s.Out, "ready: gRPC %s, REST %s, ops %s; log in %s\n", grpcAddress, restAddress, gateway.OpsAddress(), c.LogFile)
	if example != nil {
		fmt.Fprintf(s.Out, "\n%v\n", example)
		return
	}
	body := filepath.Join(dir, "examples", "confirm.json")
	fmt.Fprintf(s.Out, `
The bank %[1]s confirms a customer (send it twice: the second answer says "replayed": true):

  curl --cacert %[2]s --cert %[3]s --key %[4]s -H 'Content-Type: application/json' -d @%[5]s https://%[6]s/v1/confirmations

  grpcurl -cacert %[2]s -cert %[3]s -key %[4]s -d @ %[7]s poruka.v1.ConfirmationService/ConfirmIdentity < %[5]s

Who am I, what happened, and the page of the API:

  curl --cacert %[2]s --cert %[3]s --key %[4]s https://%[6]s/v1/caller
  bin/poruka audit summary --profile %[8]s
  https://%[6]s/docs

Play the bank in its own dialect, every case of it; play all the banks, for orders and call-backs:

  bin/poruka partner check %[1]s --data-dir %[9]s
  bin/poruka sandbox --data-dir %[9]s

Ctrl-C drains and stops.
`, bank, file("ca.pem"), file(bank+".pem"), file(bank+"-key.pem"), body, restAddress, grpcAddress,
		filepath.Join(dir, "profiles", string(certs.RoleCompliance)+".yaml"), dir)
}
