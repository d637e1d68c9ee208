package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
)

// accountsEraseCmd destroys the data of an account.
type accountsEraseCmd struct {
	ID        string `arg:"" help:"UUID of the account."`
	Ground    string `help:"Why: person-asked, ordered or retention-over." enum:"person-asked,ordered,retention-over" required:""`
	RequestID string `help:"UUID of this request. Repeat with the same one after a failure. Default: a new one, which is told." placeholder:"UUID"`
	Act       string `help:"File for the act: FILE.json or FILE.pdf. One that exists is never replaced." placeholder:"FILE"`
	connection
}

// Help is shown by --help.
func (*accountsEraseCmd) Help() string {
	return `The portal's role is needed. There is no way back: the key of the account's data is destroyed, and with it the profile, every copy of it,
and all by which anybody could test what banks have claimed of the person. SNILS, INN and phone are free for another account. The records of
what was decided stay, and their proofs hold; no personal data is in them.

Backups of the database still hold the data until they are destroyed themselves.

Exit code 1: there is no such account, or another request has erased it.

Examples:

    poruka accounts erase 6f1d3a52-8a0f-4a7e-9c5b-2f6c1d0e9b11 --ground person-asked --act act.pdf
`
}

// Run erases.
func (c *accountsEraseCmd) Run(ctx context.Context, s *streams) (err error) {
	write, err := actWriter(c.Act)
	if err != nil {
		return err
	}
	if c.RequestID == "" {
		c.RequestID = uuid.NewString()
		s.notef("request %s: give it as --request-id to repeat", c.RequestID)
	}
	conn, err := c.dial(certs.RolePortal)
	if err != nil {
		return err
	}
	defer conn.Close()
	ground := porukav1.EraseAccountRequest_Ground_value[strings.ToUpper(strings.ReplaceAll(c.Ground, "-", "_"))]
	erased, err := call(ctx, porukav1.NewPortalServiceClient(conn).EraseAccount,
		&porukav1.EraseAccountRequest{Id: c.ID, RequestId: c.RequestID, Ground: porukav1.EraseAccountRequest_Ground(ground)})
	if err != nil {
		return err
	}
	if err := errors.Join(printAct(s, erased.GetAct()), write(erased.GetAct())); err != nil {
		return fmt.Errorf("the data are erased, but the act was not written: %w; repeat with --request-id %s", err, c.RequestID)
	}
	return nil
}

func printAct(s *streams, act *porukav1.ErasureAct) error {
	if s.JSON {
		return s.printMessage(act)
	}
	facts := newFacts()
	for _, line := range actLines(act) {
		facts.add(line.en, line.value)
	}
	return facts.print(s)
}

// actWriter makes what writes the act to a file, and complains before anything is erased.
func actWriter(path string) (func(*porukav1.ErasureAct) error, error) {
	var form func(*porukav1.ErasureAct) ([]byte, error)
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		form = actJSON
	case ".pdf":
		form = actPDF
	default:
		if path != "" {
			return nil, wrongUsef("--act must end with .json or .pdf")
		}
		return func(*porukav1.ErasureAct) error { return nil }, nil
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, wrongUsef("there is a file at %s already; nothing was erased", path)
	}
	return func(act *porukav1.ErasureAct) error {
		content, err := form(act)
		if err != nil {
			return err
		}
		return writeNew(path, content)
	}, nil
}

func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func actJSON(act *porukav1.ErasureAct) ([]byte, error) {
	content, err := protoJSON(act)
	return append(content, '\n'), err
}
