package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/audit"
)

// auditReportCmd exports records.
type auditReportCmd struct {
	period
	Outcome string `help:"Only this outcome." placeholder:"NAME"`
	Format  string `help:"Form of the report: csv or jsonl." enum:"csv,jsonl" default:"csv"`
	Out     string `help:"File to write. It appears only when the report is whole. '-' is standard output." default:"-" placeholder:"FILE"`
	connection
}

// Help is shown by --help.
func (*auditReportCmd) Help() string {
	return `The compliance role is needed. The last line of a report tells what its rows were chosen by and leads to a signed
checkpoint of the log; 'poruka audit verify' checks every row by it.

Example:

    poruka audit report --from 2026-11-01 --to 2026-12-01 --bank sberbank --format csv --out november.csv
`
}

// writtenReport is what `audit report --json --out FILE` prints.
type writtenReport struct {
	File   string `json:"file"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // of the log that the report is about
}

// Run writes the report.
func (c *auditReportCmd) Run(ctx context.Context, s *streams) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	conn, err := c.dial(certs.RoleCompliance)
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := porukav1.NewAuditServiceClient(conn).ExportReport(ctx, request)
	if err != nil {
		return explained(err)
	}
	if c.Out == "-" {
		return toStandardOutput(stream, s)
	}
	return c.toFile(stream, s)
}

func (c *auditReportCmd) request() (*porukav1.ExportReportRequest, error) {
	from, to, err := c.times()
	if err != nil {
		return nil, err
	}
	outcome, err := readOutcome(c.Outcome)
	if err != nil {
		return nil, err
	}
	format := porukav1.ExportReportRequest_Format(porukav1.ExportReportRequest_Format_value[strings.ToUpper(c.Format)])
	return &porukav1.ExportReportRequest{From: from, To: to, Bank: c.Bank, Outcome: outcome, Format: format}, nil
}

// toStandardOutput passes the report on. What has left cannot be taken back: a report that is not whole ends with a complaint.
func toStandardOutput(stream grpc.ServerStreamingClient[httpbody.HttpBody], s *streams) error {
	read, write := io.Pipe()
	verdict := make(chan error, 1)
	go func() {
		_, err := audit.VerifyFooter(read)
		_, _ = io.Copy(io.Discard, read) // so that the writer never waits for a reader that has given up
		verdict <- err
	}()
	err := receive(stream, io.MultiWriter(s.Out, write), func(int64) {})
	write.Close()
	return errors.Join(err, notWhole(<-verdict))
}

func notWhole(err error) error {
	if err != nil {
		return fmt.Errorf("what was received is not a whole report: %w", err)
	}
	return nil
}

// toFile writes beside the target and renames only what is whole.
func (c *auditReportCmd) toFile(stream grpc.ServerStreamingClient[httpbody.HttpBody], s *streams) (err error) {
	draft, err := os.CreateTemp(filepath.Dir(c.Out), "."+filepath.Base(c.Out)+".*")
	if err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	defer os.Remove(draft.Name()) // gone already when the rename succeeded
	defer draft.Close()

	bar := newProgress(s, "report", "bytes", -1)
	err = receive(stream, draft, func(n int64) { bar.set(n, n) })
	bar.finish()
	if err != nil {
		return err
	}
	if _, err := draft.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("the report cannot be read back: %w", err)
	}
	footer, err := audit.VerifyFooter(draft)
	if err != nil {
		return notWhole(err)
	}
	if err := errors.Join(draft.Sync(), os.Rename(draft.Name(), c.Out)); err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	if s.JSON {
		return s.printJSON(writtenReport{File: c.Out, Rows: footer.Rows, SHA256: footer.SHA256, Size: footer.LogSize()})
	}
	s.notef("%s: %s, SHA-256 %s", c.Out, counted(footer.Rows, "row"), footer.SHA256)
	return nil
}

// receive copies the stream and tells how far it is.
func receive(stream grpc.ServerStreamingClient[httpbody.HttpBody], w io.Writer, progress func(int64)) error {
	total := int64(0)
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return explained(err)
		}
		n, err := w.Write(part.GetData())
		if err != nil {
			return fmt.Errorf("the report cannot be written: %w", err)
		}
		total += int64(n)
		progress(total)
	}
}
