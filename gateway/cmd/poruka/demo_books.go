package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// report exports everything, as compliance would, and checks the file as somebody would who has nothing but it and the public keys.
func (a *auditor) report(ctx context.Context, f *findings, folder string) (err error) {
	stream, err := a.audit.ExportReport(ctx, &porukav1.ExportReportRequest{Format: porukav1.ExportReportRequest_CSV})
	if err != nil {
		return explained(err)
	}
	file, err := os.Create(filepath.Join(folder, "report.csv"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := receive(stream, file, func(int64) {}); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	if _, err := file.Seek(0, 0); err != nil {
		return err
	}
	verified, err := verify.Report(whileAsked{ctx, file}, a.keys, nil)
	var wrong *verify.Finding
	switch {
	case errors.As(err, &wrong):
		f.addf("the report does not hold: %v", wrong)
	case err != nil:
		return err
	case verified.Rows < f.entries:
		f.addf("the report holds %d rows, fewer than the %d records that were read", verified.Rows, f.entries)
	}
	f.rows = verified.Rows
	return nil
}

// closeBooks checks what the gateway has left behind: all entries are in the signed log, and everything follows from them.
func (r *demoReport) closeBooks(ctx context.Context, s *streams, g *demoGateway) error {
	keys, err := readLogKeys(g.settings.LogKeys())
	if err != nil {
		return err
	}
	status, _, err := statusOf(ctx, g.settings)
	if err != nil {
		return err
	}
	text, err := storedCheckpoint(ctx, g.settings)
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	r.Ledger.Entries = status.Entries
	if signed, err := verify.Checkpoint(text, keys); err != nil {
		r.fail("the last checkpoint: " + err.Error())
	} else {
		r.Ledger.TreeSize = signed.Size
	}
	if r.Ledger.TreeSize != status.Entries {
		r.fail(fmt.Sprintf("the signed log holds %d of %d entries", r.Ledger.TreeSize, status.Entries))
	}
	return r.derive(ctx, s, g, keys)
}

// derive is `ledger fsck`.
func (r *demoReport) derive(ctx context.Context, s *streams, g *demoGateway, keys verify.Keys) error {
	ring, err := seal.File{Path: g.settings.KeyRing}.Load(ctx)
	if err != nil {
		return keyringError(err)
	}
	var result fsckResult
	if err := result.check(ctx, s, g.settings, ring, keys); err != nil {
		return err
	}
	for _, found := range result.Findings {
		r.fail(strings.ToLower(string(found.Kind)) + ": " + found.What)
	}
	return nil
}

func (r *demoReport) fail(problem string) {
	r.problems = append(r.problems, problem)
	r.Ledger.Verified = false
}
