package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Names of the measured cases.
const (
	caseFloorGRPC   = "floor, gRPC"
	caseFloorREST   = "floor, REST"
	caseGRPC        = "confirm, gRPC"
	caseREST        = "confirm, REST"
	caseRefused     = "refused at validation, gRPC"
	caseUngrouped   = "confirm ungrouped, gRPC"
	caseEngine      = "engine alone, grouped"
	caseEngineAlone = "engine alone, ungrouped"
)

// series measures one case at every number of callers.
func (w *world) series(ctx context.Context, r *report, server *process, name, floor string, makeCall func(*clients) call) error {
	for _, callers := range w.Callers {
		fmt.Fprintf(os.Stderr, "%s, %d callers\n", name, callers)
		s, err := w.withClients(ctx, server, callers, makeCall)
		if err != nil {
			return fmt.Errorf("%s, %d callers: %w", name, callers, err)
		}
		if s.Calls == 0 {
			return fmt.Errorf("%s, %d callers: no good answer; the first error: %s", name, callers, s.FirstFail)
		}
		r.Rows = append(r.Rows, row{Case: name, Sample: s, Floor: floor})
	}
	return nil
}

func measureFloor(ctx context.Context, w *world, r *report) error {
	server, err := startProcess(ctx, w.dir, w.self, "floor", w.certificates(), w.grpc, w.rest)
	if err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseFloorGRPC, "", w.confirmGRPC); err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseFloorREST, caseFloorGRPC, w.confirmREST); err != nil {
		return err
	}
	return server.stop()
}

func measureGateway(ctx context.Context, w *world, r *report) error {
	server, err := w.startGateway(ctx)
	if err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseGRPC, caseFloorGRPC, w.confirmGRPC); err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseREST, caseFloorREST, w.confirmREST); err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseRefused, caseFloorGRPC, w.refused); err != nil {
		return err
	}
	return server.stop()
}

func measureUngrouped(ctx context.Context, w *world, r *report) error {
	settings := filepath.Join(w.dir, "ungrouped.yaml")
	if err := os.WriteFile(settings, []byte("limits:\n  groupSize: 1\n"), 0o600); err != nil {
		return err
	}
	server, err := w.startGateway(ctx, "--config", settings)
	if err != nil {
		return err
	}
	if err := w.series(ctx, r, server, caseUngrouped, caseFloorGRPC, w.confirmGRPC); err != nil {
		return err
	}
	return server.stop()
}
