package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/tlog/verify"
)

// auditVerifyCmd checks a report or a receipt.
type auditVerifyCmd struct {
	File    string   `arg:"" optional:"" help:"The report; '-' is standard input." placeholder:"FILE"`
	Receipt string   `help:"Check this receipt instead of a report." placeholder:"TEXT"`
	Keys    []string `help:"Whom to trust: files of verifier keys, or keys themselves. Default: log-keys.txt of the data folder." placeholder:"FILE|VKEY" sep:"none"`
	DataDir string   `help:"Folder whose log-keys.txt is trusted when --keys says nothing." default:".poruka" placeholder:"DIR"`
}

// Help is shown by --help.
func (*auditVerifyCmd) Help() string {
	return `Works on any machine, without a network and without a database. All it trusts is the keys: take them from the gateway's operator on a
way of your own, not together with the report. It checks that every row is in the log as it was decided, under the checkpoint that the
report carries, that no row was altered, left out, added or moved since, and that the gateway has signed what the rows were chosen by.
The first row that is wrong is named.

With --receipt it checks the signed word that a bank got with an answer.

Exit code 1: the report or the receipt does not hold.

Examples:

    poruka audit verify november.csv --keys log-keys.txt
    poruka audit verify --receipt "$RECEIPT" --keys log-keys.txt
`
}

// verifiedReport is what `audit verify --json FILE` prints.
type verifiedReport struct {
	File     string         `json:"file"`
	Holds    bool           `json:"holds"`
	Finding  *reportFinding `json:"finding,omitempty"`
	Rows     int64          `json:"rows,omitempty"`
	SHA256   string         `json:"sha256,omitempty"`
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Bank     string         `json:"bank,omitempty"`
	Outcome  string         `json:"outcome,omitempty"`
	Origin   string         `json:"origin,omitempty"`
	Size     int64          `json:"size,omitempty"`
	Root     string         `json:"root,omitempty"`
	Key      string         `json:"key,omitempty"`
	Hours    int64          `json:"sealedHours,omitempty"`
	Unsealed int64          `json:"rowsNotSealed,omitempty"`
}

// reportFinding is the first thing that is wrong.
type reportFinding struct {
	Row      int64  `json:"row,omitempty"`
	LastRow  int64  `json:"lastRow,omitempty"`
	Position *int64 `json:"position,omitempty"`
	What     string `json:"what"`
}

// Run checks the report or the receipt.
func (c *auditVerifyCmd) Run(ctx context.Context, s *streams) error {
	if (c.File == "") == (c.Receipt == "") {
		return wrongUsef("name a report, or give --receipt")
	}
	keys, err := c.trusted()
	if err != nil {
		return err
	}
	if c.Receipt != "" {
		return verifyReceipt(s, strings.TrimSpace(c.Receipt), keys)
	}
	verified, err := c.verify(ctx, s, keys)
	result := verifiedReport{File: c.File}
	var finding *verify.Finding
	switch {
	case errors.As(err, &finding):
		result.Finding = &reportFinding{Row: finding.Row, LastRow: finding.Last, What: finding.What}
		if finding.Position >= 0 {
			result.Finding.Position = &finding.Position
		}
	case err != nil:
		return err
	default:
		result.fill(verified)
	}
	if err := result.print(s, verified, finding); err != nil {
		return err
	}
	if !result.Holds {
		return answerNo()
	}
	return nil
}

// keysFile is what `serve --dev` writes beside its certificates.
const keysFile = "log-keys.txt"

// trusted reads the keys to trust.
func (c *auditVerifyCmd) trusted() (verify.Keys, error) {
	sources := c.Keys
	if len(sources) == 0 {
		sources = []string{filepath.Join(c.DataDir, keysFile)}
	}
	var text strings.Builder
	for _, source := range sources {
		if strings.Count(source, "+") >= 2 && !strings.Contains(source, "\n") {
			if _, err := os.Stat(source); err != nil {
				text.WriteString(source + "\n")
				continue
			}
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("the keys to trust cannot be read: %w; name them with --keys", err)
		}
		text.Write(append(content, '\n'))
	}
	keys, err := verify.ParseKeys(text.String())
	if err != nil {
		return nil, wrongUsef("%w", err)
	}
	return keys, nil
}

// verify reads the file behind a progress bar.
func (c *auditVerifyCmd) verify(ctx context.Context, s *streams, keys verify.Keys) (verify.Verified, error) {
	in, total := s.In, int64(-1)
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return verify.Verified{}, fmt.Errorf("the report cannot be read: %w", err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			total = info.Size()
		}
		in = file
	}
	bar := newProgress(s, "verify", "rows", total)
	defer bar.finish()
	return verify.Report(whileAsked{ctx, in}, keys, bar.set)
}

// whileAsked reads until ctx ends.
type whileAsked struct {
	ctx context.Context //nolint:containedctx // a reader of one call
	in  io.Reader
}

// Read implements io.Reader.
func (r whileAsked) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}

// verifiedReceipt is what `audit verify --json --receipt` prints.
type verifiedReceipt struct {
	Holds   bool   `json:"holds"`
	Finding string `json:"finding,omitempty"`
	Origin  string `json:"origin,omitempty"`
	Name    string `json:"name,omitempty"`
	Decided string `json:"decideTime,omitempty"`
	Record  string `json:"record,omitempty"`
}

func verifyReceipt(s *streams, text string, keys verify.Keys) error {
	promise, err := verify.Receipt(text, keys)
	result := verifiedReceipt{Holds: err == nil}
	if err != nil {
		result.Finding = strings.TrimPrefix(err.Error(), "verify: ")
	} else {
		result.Origin, result.Name = promise.Origin, "confirmations/"+promise.Entry.String()
		result.Decided, result.Record = promise.DecidedAt.Format(time.RFC3339Nano), fmt.Sprintf("%x", promise.Record)
	}
	switch {
	case s.JSON:
		if err := s.printJSON(result); err != nil {
			return err
		}
	case result.Holds:
		fmt.Fprintf(s.Out, "%s %s has promised that %s, decided at %s, is stored with the record %s\n",
			s.green("yes"), result.Origin, result.Name, result.Decided, result.Record)
	default:
		fmt.Fprintf(s.Out, "%s the receipt does not hold: %s\n", s.red("no"), result.Finding)
	}
	if !result.Holds {
		return answerNo()
	}
	return nil
}
