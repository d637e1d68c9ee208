package rpc

import (
	"bytes"
	"context"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
)

// records is the service of compliance.
type records struct {
	porukav1.UnsafeAuditServiceServer
	cfg Config
}

// ListRecords lists entries.
func (s records) ListRecords(ctx context.Context, in *porukav1.ListRecordsRequest) (*porukav1.ListRecordsResponse, error) {
	filter := ledger.Filter{
		From: timeOf(in.GetFrom()), To: timeOf(in.GetTo()), Partner: ledger.PartnerID(in.GetBank()), Outcome: number[ledger.Outcome](in.GetOutcome()),
	}
	if err := s.look(ctx, audit.Access{Method: "ListRecords", Filter: filter}); err != nil {
		return nil, err
	}
	entries, next, err := s.cfg.Audit.List(ctx, filter, int(in.GetPageSize()), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &porukav1.ListRecordsResponse{NextPageToken: next, Records: make([]*porukav1.Record, len(entries))}
	for i, e := range entries {
		out.Records[i] = record(e)
	}
	return out, nil
}

// Summarize counts entries.
func (s records) Summarize(ctx context.Context, in *porukav1.SummarizeRequest) (*porukav1.SummarizeResponse, error) {
	filter := ledger.Filter{From: timeOf(in.GetFrom()), To: timeOf(in.GetTo()), Partner: ledger.PartnerID(in.GetBank())}
	if err := s.look(ctx, audit.Access{Method: "Summarize", Filter: filter}); err != nil {
		return nil, err
	}
	summary, err := s.cfg.Audit.Summarize(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &porukav1.SummarizeResponse{Total: summary.Total}
	for _, c := range summary.Counts {
		out.Counts = append(out.Counts, &porukav1.SummarizeResponse_Count{
			Bank: string(c.Partner), Kind: porukav1.Confirmation_Kind(c.Kind), Outcome: porukav1.Confirmation_Outcome(c.Outcome),
			Records: c.Entries, DryRuns: c.DryRuns,
		})
	}
	return out, nil
}

// ListConflicts lists entries in which two banks vouched for different data.
func (s records) ListConflicts(ctx context.Context, in *porukav1.ListConflictsRequest) (*porukav1.ListConflictsResponse, error) {
	from, to := timeOf(in.GetFrom()), timeOf(in.GetTo())
	if err := s.look(ctx, audit.Access{Method: "ListConflicts", Filter: ledger.Filter{From: from, To: to}}); err != nil {
		return nil, err
	}
	contested, next, err := s.cfg.Audit.Conflicts(ctx, from, to, int(in.GetPageSize()), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &porukav1.ListConflictsResponse{NextPageToken: next}
	for _, c := range contested {
		for _, conflict := range c.Conflicts {
			groups := make([]string, len(conflict.Groups))
			for i, group := range conflict.Groups {
				groups[i] = group.String()
			}
			out.Conflicts = append(out.Conflicts, &porukav1.Conflict{Record: record(c.Entry), OtherBank: string(conflict.With), Groups: groups})
		}
	}
	return out, nil
}

// ExportReport streams a report.
func (s records) ExportReport(in *porukav1.ExportReportRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	report := audit.Report{
		Filter: ledger.Filter{
			From: timeOf(in.GetFrom()), To: timeOf(in.GetTo()), Partner: ledger.PartnerID(in.GetBank()), Outcome: number[ledger.Outcome](in.GetOutcome()),
		},
		Format: audit.CSV,
	}
	if in.GetFormat() == porukav1.ExportReportRequest_JSONL {
		report.Format = audit.JSONL
	}
	if err := s.look(stream.Context(), audit.Access{Method: "ExportReport", Filter: report.Filter, Format: report.Format}); err != nil {
		return err
	}
	_, err := s.cfg.Audit.Export(stream.Context(), report, &body{stream: stream, contentType: report.Format.ContentType()})
	return err
}

// look records that staff look at something, before anything is shown.
func (s records) look(ctx context.Context, a audit.Access) error {
	caller, err := callerOf(ctx)
	if err != nil {
		return err
	}
	a.Serial = caller.Serial
	return s.cfg.Accesses.Record(ctx, a)
}

// body sends what is written to it as parts of a file.
type body struct {
	stream      grpc.ServerStreamingServer[httpbody.HttpBody]
	contentType string
}

func (b *body) Write(data []byte) (int, error) {
	// A sent message must not change, and the writer will use data again.
	if err := b.stream.Send(&httpbody.HttpBody{ContentType: b.contentType, Data: bytes.Clone(data)}); err != nil {
		return 0, err
	}
	return len(data), nil
}
