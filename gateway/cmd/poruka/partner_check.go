package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/check"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// partnerCheckCmd is what a bank runs before it goes live.
type partnerCheckCmd struct {
	Bank       string   `arg:"" optional:"" help:"Id of the bank." placeholder:"BANK"`
	Profile    string   `help:"File that says where the gateway is and who is calling. Default: profiles/BANK.yaml of the data folder." placeholder:"FILE"`
	SigningKey string   `help:"Private key with which the bank signs, PEM, with its certificate if there is one. Default: banks/BANK-signing-key.pem of the data folder." placeholder:"FILE"`
	RetiredKey string   `help:"A key of the bank that the gateway's roster has and whose time is over, to see it refused." placeholder:"FILE"`
	DataDir    string   `help:"Folder of a gateway on this machine." default:".poruka" placeholder:"DIR"`
	Only       []string `help:"Run these cases alone." placeholder:"ID"`
	List       bool     `help:"List the cases of the bank's dialect, and run none."`
	Out        string   `help:"Write a report, signed with the bank's client certificate." placeholder:"FILE"`
	Verify     string   `help:"Check a report instead: who has signed it, and that nothing of it was altered." placeholder:"FILE"`
	Keys       []string `help:"With --verify, check the receipts as well: that the gateway of these verifier keys, files or keys themselves, has given them during the run." placeholder:"FILE|VKEY" sep:"none"`
	CA         string   `name:"ca" help:"With --verify, the certificates that may vouch for a bank, PEM. Default: certs/ca.pem of the data folder." placeholder:"FILE"`
}

// Help is shown by --help.
func (*partnerCheckCmd) Help() string {
	return `Plays the bank against a gateway whose sandbox is on, in the bank's own dialect and with the bank's own keys: every form that the bank may
write, every outcome, every mistake. Run it before going live, and again after each change. It may be run any number of times: nothing
but records of the sandbox's persons is left behind.

A report is for the gateway's operators. They check with --verify that it is the bank's and that it was not altered; a machine that has
the file of their CA is all that is needed. With --keys they also check the gateway's own receipts in it: that the run was made, and when.

Exit code 1: a case failed; with --verify also: the report does not hold. 3: the cases could not be run, for example because the gateway
is not a sandbox.

Examples:

    poruka partner check sberbank
    poruka partner check vtb --only replay,answer-lost
    poruka partner check tinkoff --profile sandbox.yaml --out report.json
    poruka partner check --verify report.json --ca ca.pem --keys log-keys.txt
`
}

// Run runs the cases, lists them, or checks a report.
func (c *partnerCheckCmd) Run(ctx context.Context, s *streams) error {
	switch {
	case c.Verify != "" && (c.Bank != "" || c.List || c.Out != "" || len(c.Only) > 0):
		return wrongUsef("--verify checks a report and runs nothing: name no bank with it, and nothing to run")
	case c.Verify != "":
		return c.verify(s)
	case c.Bank == "":
		return wrongUsef("name the bank")
	case c.List:
		return c.list(s)
	}
	cfg, about, err := c.reach(ctx)
	if err != nil {
		return err
	}
	cases, err := c.chosen(check.Cases(cfg))
	if err != nil {
		return err
	}
	report, err := play(ctx, s, cfg, about, cases, len(c.Only) == 0)
	if err != nil {
		return err
	}
	if err := c.write(s, report, cfg.TLS.Certificates[0]); err != nil {
		return err
	}
	if err := printCheck(s, report); err != nil {
		return err
	}
	if report.Failed > 0 {
		return answerNo()
	}
	return nil
}

// reach finds the gateway and makes sure that it is one to be checked.
func (c *partnerCheckCmd) reach(ctx context.Context) (check.Config, check.About, error) {
	cfg, err := c.caller()
	if err != nil {
		return check.Config{}, check.About{}, err
	}
	asking, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	about, err := check.Ask(asking, cfg)
	switch {
	case err != nil:
		return cfg, about, errors.New(strings.TrimPrefix(err.Error(), "check: "))
	case about.Bank != c.Bank:
		return cfg, about, wrongUsef("the certificate of the profile is that of %s, not of the bank %s", about.Identity, c.Bank)
	case !about.Sandbox:
		return cfg, about, fmt.Errorf("the gateway at %s is not a sandbox: it does not know the persons that are asked about, and every attempt would "+
			"be recorded. Run this against 'poruka serve --dev', or a gateway whose settings say 'sandbox: true'", cfg.Address)
	}
	if cfg.Dialect, err = dialectOf(about.Style); err != nil {
		return cfg, about, err
	}
	return cfg, about, c.keys(&cfg)
}

// caller reads the profile.
func (c *partnerCheckCmd) caller() (check.Config, error) {
	path := c.Profile
	if path == "" {
		path = filepath.Join(c.DataDir, "profiles", c.Bank+".yaml")
	}
	profile, err := client.ReadProfile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return check.Config{}, wrongUsef("there is no %s. 'poruka serve --dev' writes it for its banks; run this in the same folder, or name a --profile", path)
	}
	if err == nil && profile.RESTAddress == "" {
		err = fmt.Errorf("%s names no restAddress: dialects are spoken over REST", path)
	}
	if err != nil {
		return check.Config{}, &exitError{exitUsage, err}
	}
	config, err := profile.TLS(profile.RESTAddress)
	if err != nil {
		return check.Config{}, &exitError{exitUsage, err}
	}
	return check.Config{ID: partners.ID(c.Bank), Address: profile.RESTAddress, TLS: config, Clock: time.Now}, nil
}

func dialectOf(name string) (style.Dialect, error) {
	dialect, ok := style.Standard().Find(name)
	if !ok {
		return nil, wrongUsef("there is no dialect %q; there are %s", name, strings.Join(style.Standard().Names(), ", "))
	}
	return dialect, nil
}

// keys reads the keys with which the bank signs.
func (c *partnerCheckCmd) keys(cfg *check.Config) (err error) {
	if !check.Signs(cfg.Dialect) {
		return nil
	}
	path := c.SigningKey
	if path == "" {
		path = filepath.Join(c.DataDir, "banks", c.Bank+"-signing-key.pem")
	}
	if cfg.Signer, err = readSigner(path); err != nil {
		return wrongUsef("the bank's dialect is signed, and its key cannot be read: %w; name it with --signing-key", err)
	}
	if c.RetiredKey == "" {
		return nil
	}
	if cfg.Retired, err = readSigner(c.RetiredKey); err != nil {
		return wrongUsef("the retired key cannot be read: %w", err)
	}
	return nil
}

func readSigner(path string) (signature.Signer, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return signature.ParseSigner(content)
}

// chosen are the cases that --only names, in their order.
func (c *partnerCheckCmd) chosen(cases []check.Case) ([]check.Case, error) {
	if len(c.Only) == 0 {
		return cases, nil
	}
	for _, id := range c.Only {
		if !slices.ContainsFunc(cases, func(one check.Case) bool { return one.ID == id }) {
			return nil, wrongUsef("there is no case %q; --list tells which there are", id)
		}
	}
	return slices.DeleteFunc(cases, func(one check.Case) bool { return !slices.Contains(c.Only, one.ID) }), nil
}

// play runs the cases behind a progress bar.
func play(ctx context.Context, s *streams, cfg check.Config, about check.About, cases []check.Case, whole bool) (check.Report, error) {
	bank, err := check.New(cfg)
	if err != nil {
		return check.Report{}, &exitError{exitUsage, err}
	}
	defer bank.Close()
	began := time.Now()
	bar := newProgress(s, "check", "cases", int64(len(cases)))
	results, err := check.Run(ctx, bank, cases, func(done int, _ check.Case) { bar.set(int64(done), int64(done)) })
	bar.set(int64(len(results)), int64(len(results)))
	bar.finish()
	if err != nil {
		return check.Report{}, fmt.Errorf("stopped after %d of %d cases: %w", len(results), len(cases), err)
	}
	return check.NewReport(bank, about, began, whole, results), nil
}

// write writes the signed report, if one was asked for.
func (c *partnerCheckCmd) write(s *streams, report check.Report, certificate tls.Certificate) error {
	if c.Out == "" {
		return nil
	}
	file, err := check.Sign(report, certificate)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, file, 0o644); err != nil { //nolint:gosec // it is for others and holds no secret
		return fmt.Errorf("writing the report: %w", err)
	}
	s.notef("%s: the report, signed as %s", c.Out, report.Identity)
	return nil
}
