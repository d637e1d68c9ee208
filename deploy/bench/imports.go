package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// imports compares the command that puts a file of accounts with a COPY of the same accounts, sealed beforehand, into the same table.
func (p *pgWorld) imports(ctx context.Context) error {
	d, err := newDatabase(ctx, p.server, p.sealer, 0)
	if err != nil {
		return err
	}
	defer d.pool.Close()
	gateway, err := p.serve(ctx, d, 0)
	if err != nil {
		return err
	}
	file, err := p.accountsFile(ctx)
	if err != nil {
		return err
	}
	sealed := []byte(copyHead)
	for b := range p.sealer.batches(ctx, p.ImportRows) {
		if b.err != nil {
			return b.err
		}
		sealed = append(sealed, b.rows...)
	}
	sealed = append(sealed, copyTail...)
	for range p.Rounds {
		if err := p.copyTurn(ctx, d, sealed); err != nil {
			return err
		}
		if err := p.importTurn(ctx, d, gateway, file); err != nil {
			return err
		}
	}
	return gateway.stop()
}

// accountsFile writes the accounts as the portal would hand them over.
func (p *pgWorld) accountsFile(ctx context.Context) (string, error) {
	path := filepath.Join(p.dir, "accounts.csv")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := file.Write(accountfile.CSV.Header()); err != nil {
		return "", err
	}
	return path, p.sealer.population.Render(ctx, file, people.Rendering{
		Count: uint64(p.ImportRows), Workers: runtime.NumCPU(),
		Append: func(to []byte, a people.Account) []byte {
			row := accountfile.Row(a)
			return accountfile.CSV.Append(to, &row)
		},
	})
}

// empty makes both begin with an empty table.
func (d *database) empty(ctx context.Context) error {
	if _, err := d.pool.Exec(ctx, "TRUNCATE account"); err != nil {
		return err
	}
	return d.tidy(ctx)
}

func (p *pgWorld) copyTurn(ctx context.Context, d *database, sealed []byte) error {
	if err := d.empty(ctx); err != nil {
		return err
	}
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return p.rows(caseCopy, meter{database: p.server}, func() error { return copyRows(ctx, conn, bytes.NewReader(sealed)) })
}

func (p *pgWorld) importTurn(ctx context.Context, d *database, gateway *endpoint, file string) error {
	if err := d.empty(ctx); err != nil {
		return err
	}
	profile := filepath.Join(p.dir, "portal.yaml")
	address, err := net.ResolveTCPAddr("tcp", gateway.grpc)
	if err != nil {
		return err
	}
	if err := client.WriteProfile(profile, development.ProfileOf(p.data(), string(certs.RolePortal), address, address)); err != nil {
		return err
	}
	var printed []byte
	err = p.rows(caseImport, meter{gateway.process, p.server}, func() (err error) {
		command := exec.CommandContext(ctx, p.Binary, "accounts", "import", file, "--profile", profile, "--json")
		var said strings.Builder
		command.Stderr = io.MultiWriter(&said)
		if printed, err = command.Output(); err != nil {
			return fmt.Errorf("accounts import: %w: %s", err, said.String())
		}
		p.importer += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		return nil
	})
	if err != nil {
		return err
	}
	var done struct{ Created int }
	if err := json.Unmarshal(printed, &done); err != nil || done.Created != p.ImportRows {
		return fmt.Errorf("%d of %d accounts were created: %w", done.Created, p.ImportRows, err)
	}
	return nil
}

// rows measures something that brings all rows into the table at once.
func (p *pgWorld) rows(name string, m meter, work func() error) error {
	fmt.Fprintf(os.Stderr, "%s, %d accounts\n", name, p.ImportRows)
	before, err := m.read()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := work(); err != nil {
		return err
	}
	s := sample{Callers: 1, Calls: int64(p.ImportRows), Elapsed: time.Since(began)}
	after, err := m.read()
	if err != nil {
		return err
	}
	s.ServerCPU, s.DatabaseCPU = after.server-before.server, after.database-before.database
	if s.ServerRSS, err = m.rss(); err != nil {
		return err
	}
	p.report.add(row{Case: name, Sample: s})
	return nil
}
