package development

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/certs/authority"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/roster"
)

// Prepare makes what is missing for a server under c, which must be complete: the private CA and certificates for every role,
// the key ring, the public keys of its log, the keys with which the banks sign, and the roster. It is to be called again before each start.
func Prepare(ctx context.Context, c config.Config, clock func() time.Time) error {
	if err := authority.EnsureDevelopment(c.DataDir, clock); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := ensureRing(ctx, c.KeyRing); err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	if err := writeLogKeys(ctx, c); err != nil {
		return fmt.Errorf("keys of the log: %w", err)
	}
	if err := EnsureBankKeys(c.DataDir, clock); err != nil {
		return fmt.Errorf("keys for signatures: %w", err)
	}
	if err := writeEventKeys(ctx, c); err != nil {
		return fmt.Errorf("keys of events: %w", err)
	}
	if err := ensureSandboxBanks(c.DataDir, clock); err != nil {
		return fmt.Errorf("servers of the sandbox: %w", err)
	}
	banks, err := rosterOf(c, nil)
	if err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	if err := ensureFile(c.Roster, banks); err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	return nil
}

// ensureRing makes a ring, or completes one from before a purpose was added.
func ensureRing(ctx context.Context, path string) error {
	file := seal.File{Path: path}
	if held, err := file.Load(ctx); !errors.Is(err, fs.ErrNotExist) {
		if err != nil || len(held.Lacks()) == 0 {
			return err
		}
		_, err = file.Update(ctx, (*seal.Ring).Completed)
		return err
	}
	ring, err := seal.Generate(seal.Development)
	if err != nil {
		return err
	}
	return file.Create(ctx, ring)
}

// writeLogKeys writes the public keys of the log, with which receipts and checkpoints are checked, next to the rest.
func writeLogKeys(ctx context.Context, c config.Config) error {
	ring, err := seal.File{Path: c.KeyRing}.Load(ctx)
	if err != nil {
		return err
	}
	lines, err := tlog.VerifierKeys(c.LogOrigin(), ring)
	if err != nil {
		return err
	}
	text := "# Who signs the log: vkey, and since when.\n" + strings.Join(lines, "\n") + "\n"
	return os.WriteFile(c.LogKeys(), []byte(text), 0o644) //nolint:gosec // public
}

func ensureFile(path string, content []byte) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// Banks are the ids of the banks in the roster for development.
func Banks() ([]partners.ID, error) {
	parsed, err := parsedRoster()
	if err != nil {
		return nil, err
	}
	ids := make([]partners.ID, len(parsed))
	for i, one := range parsed {
		ids[i] = one.ID
	}
	return ids, nil
}

// parsedRoster is the roster for development, without the files that it names.
func parsedRoster() ([]partners.Partner, error) {
	return roster.Parse(roster.Dev(), roster.Known{Policies: []string{policy}, Styles: roster.Standard()})
}

// policy is the one that the roster for development names.
const policy = match.V1

// WriteProfiles writes a profile for every role and bank into DATADIR/profiles, with the addresses on which the server listens.
func WriteProfiles(dataDir string, grpcAddress, restAddress net.Addr) error {
	names := []string{string(certs.RolePortal), string(certs.RoleCompliance), string(certs.RoleOperator)}
	ids, err := Banks()
	if err != nil {
		return err
	}
	for _, id := range ids {
		names = append(names, string(id))
	}
	for _, name := range names {
		profile := ProfileOf(dataDir, name, grpcAddress, restAddress)
		if err := client.WriteProfile(filepath.Join(dataDir, "profiles", name+".yaml"), profile); err != nil {
			return err
		}
	}
	return nil
}

// ProfileOf is the profile of one role, named as its certificate is, for a server on this machine.
func ProfileOf(dataDir, name string, grpcAddress, restAddress net.Addr) client.Profile {
	folder := filepath.Join(dataDir, "certs")
	return client.Profile{
		Address:     Local(grpcAddress),
		RESTAddress: Local(restAddress),
		Cert:        filepath.Join(folder, name+".pem"),
		Key:         filepath.Join(folder, name+"-key.pem"),
		CA:          filepath.Join(folder, "ca.pem"),
		LogKeys:     config.Config{DataDir: dataDir}.LogKeys(),
	}
}

// Local is the address by which a program on this machine reaches a listener.
func Local(address net.Addr) string {
	_, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return net.JoinHostPort("localhost", port)
}
