package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
)

// exportCmd makes reports in a process of its own, so that its memory is its own.
type exportCmd struct {
	URL    string `arg:""`
	Ring   string `arg:"" type:"existingfile"`
	Origin string `arg:""`
}

// exported is what one report showed.
type exported struct {
	Sample sample
	Idle   int64 // resident memory before, in bytes
	Peak   int64 // and the most while the report was made
}

// newAudit makes reports as a gateway does.
func newAudit(store ledger.Engine, origin string, ring *seal.Ring) (*audit.Service, error) {
	prover, err := newProver(store, origin, ring)
	if err != nil {
		return nil, err
	}
	key, err := tlog.NewKey(origin, ring)
	if err != nil {
		return nil, err
	}
	return audit.New(audit.Config{Ledger: store, Log: store, Prover: prover, Key: key})
}

// Run makes a report and prints what that took.
func (c *exportCmd) Run(ctx context.Context) error {
	ring, err := seal.Load(c.Ring)
	if err != nil {
		return err
	}
	store, err := crdb.Open(ctx, crdb.Config{URL: c.URL})
	if err != nil {
		return err
	}
	defer store.Close()
	service, err := newAudit(store, c.Origin, ring)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	self, err := attach(os.Getpid())
	if err != nil {
		return err
	}
	idle, err := self.rss()
	if err != nil {
		return err
	}
	peak := watchMemory(self)
	before, began := ownCPU(), time.Now()
	footer, err := service.Export(ctx, audit.Report{Format: audit.CSV}, io.Discard)
	if err != nil {
		return err
	}
	out := exported{Sample: sample{Callers: 1, Calls: footer.Rows, Elapsed: time.Since(began), ServerCPU: ownCPU() - before}, Idle: idle, Peak: peak()}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// watchMemory looks at the memory of a process until the function that it gives is called, which tells the most that was seen.
func watchMemory(p *process) (most func() int64) {
	var peak atomic.Int64
	look := func() {
		if now, err := p.rss(); err == nil && now > peak.Load() {
			peak.Store(now)
		}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				look()
			case <-done:
				look()
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		<-ended
		return peak.Load()
	}
}

// exports lets reports and COPY of the same entries take turns. Only a server has COPY.
func (l *logWorld) exports(ctx context.Context, url string) error {
	if l.server == nil {
		return nil
	}
	file := filepath.Join(l.dir, "ring")
	if err := l.ring.Write(file); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	for range max(2, l.Rounds) {
		if err := l.export(ctx, url, file); err != nil {
			return err
		}
		if err := l.timed(caseCopyOut, func() (int64, error) {
			tag, err := conn.PgConn().CopyTo(ctx, io.Discard, "COPY entry TO STDOUT (FORMAT csv)")
			return tag.RowsAffected(), err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (l *logWorld) export(ctx context.Context, url, ring string) error {
	fmt.Fprintln(os.Stderr, l.named(caseExport))
	before, err := l.server.CPU()
	if err != nil {
		return err
	}
	out, err := output(ctx, l.self, "export", url, ring, l.origin)
	if err != nil {
		return err
	}
	var e exported
	if err := json.NewDecoder(out).Decode(&e); err != nil {
		return err
	}
	after, err := l.server.CPU()
	e.Sample.DatabaseCPU, e.Sample.ServerRSS = after-before, e.Peak
	l.exportMemory = max(l.exportMemory, e.Peak-e.Idle)
	l.report.add(row{Case: l.named(caseExport), Sample: e.Sample, Floor: l.named(caseCopyOut)})
	return err
}
