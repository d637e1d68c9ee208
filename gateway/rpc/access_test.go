package rpc_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/audit"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/ledger/tlog/tlogtest"
)

func (b *bench) accesses(committer *group.Committer, ring *seal.Ring) *audit.Accesses {
	a, err := audit.NewAccesses(audit.AccessConfig{Committer: committer, Log: b.store, Ring: ring, Clock: func() time.Time { return start }})
	b.check(err)
	return a
}

// looks are calls of each method of AuditService.
func (b *bench) looks() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"ListRecords": func(ctx context.Context) error {
			_, err := b.audit().ListRecords(ctx, &porukav1.ListRecordsRequest{Bank: "vtb"})
			return err
		},
		"Summarize": func(ctx context.Context) error {
			_, err := b.audit().Summarize(ctx, &porukav1.SummarizeRequest{})
			return err
		},
		"ListConflicts": func(ctx context.Context) error {
			_, err := b.audit().ListConflicts(ctx, &porukav1.ListConflictsRequest{})
			return err
		},
		"ExportReport": func(ctx context.Context) error {
			stream, err := b.audit().ExportReport(ctx, &porukav1.ExportReportRequest{Bank: "vtb"})
			for err == nil {
				_, err = stream.Recv()
			}
			if err == io.EOF { //nolint:errorlint // as the stream gives it
				return nil
			}
			return err
		},
	}
}

func (b *bench) recorded() (details []string) {
	b.t.Helper()
	entries, _, err := b.store.Entries(context.Background(), ledger.Filter{Partner: ledger.StaffID}, ledger.Page{Limit: 100})
	b.check(err)
	for _, e := range entries {
		if e.Kind != ledger.KindAccess || e.Serial != "0af3" {
			b.t.Errorf("entry %+v", e)
		}
		details = append(details, e.Detail)
	}
	return details
}

// Every method leaves its trace, and shows nothing when it cannot.
func TestEveryLookOfStaffIsRecorded(t *testing.T) {
	b := newBench(t)
	b.confirm("vtb", ask(1))
	tlogtest.Settle(t, b.ring, logOrigin, b.store)
	looks := b.looks()
	for _, method := range porukav1.AuditService_ServiceDesc.Methods {
		if looks[method.MethodName] == nil {
			t.Errorf("%s is not tried", method.MethodName)
		}
	}
	if len(looks) != len(porukav1.AuditService_ServiceDesc.Methods)+len(porukav1.AuditService_ServiceDesc.Streams) {
		t.Errorf("%d methods are tried", len(looks))
	}
	for name, look := range looks {
		before := len(b.recorded())
		b.check(look(b.as("compliance")))
		after := b.recorded()
		if len(after) != before+1 || !strings.HasPrefix(after[before], "method="+name+" ") {
			t.Errorf("%s left %v", name, after[before:])
		}
	}
	b.store.Fault = func(ledger.Writes) error { return ledger.ErrUnavailable }
	for name, look := range looks {
		if err := look(b.as("compliance")); err == nil {
			t.Errorf("%s shows what nobody can record", name)
		}
	}
	if details := b.recorded(); len(details) != len(looks) || !slices.ContainsFunc(details, func(d string) bool { return strings.Contains(d, "bank=vtb") }) {
		t.Errorf("recorded %v", details)
	}
}
