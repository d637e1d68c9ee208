package rest_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

// pieces are not lines, so that a delimiter put between them would show.
var pieces = []string{"a,b\n1,", "2\n\"", "x\"\n", strings.Repeat("z", 100_000), "\nfooter"}

func exporting(fail func(sent int) error) func(*porukav1.ExportReportRequest, grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	return func(r *porukav1.ExportReportRequest, s grpc.ServerStreamingServer[httpbody.HttpBody]) error {
		kind := "text/csv; charset=utf-8; header=present"
		if r.GetFormat() == porukav1.ExportReportRequest_JSONL {
			kind = "application/jsonl; charset=utf-8"
		}
		for i, p := range pieces {
			if err := fail(i); err != nil {
				return err
			}
			if err := s.Send(&httpbody.HttpBody{ContentType: kind, Data: []byte(p)}); err != nil {
				return err
			}
		}
		return fail(len(pieces))
	}
}

func TestAReportIsAFile(t *testing.T) {
	d := chaintest.New(t)
	d.Services.Export = exporting(func(int) error { return nil })
	base := serve(t, d)
	for _, http2 := range []bool{false, true} {
		c := client(t, d, http2, d.Client(t, "compliance"))
		for query, want := range map[string][2]string{
			"":                                 {"text/csv; charset=utf-8; header=present", "attachment; filename=poruka-report.csv"},
			"?format=csv":                      {"text/csv; charset=utf-8; header=present", "attachment; filename=poruka-report.csv"},
			"?format=CSV&outcome=":             {},
			"?format=jsonl":                    {"application/jsonl; charset=utf-8", "attachment; filename=poruka-report.jsonl"},
			"?format=JSONL&bank=vtb":           {"application/jsonl; charset=utf-8", "attachment; filename=poruka-report.jsonl"},
			"?format=xlsx":                     {},
			"?bank=" + strings.Repeat("x", 41): {},
		} {
			a := ask(t, c, http.MethodGet, base+"/v1/audit/report"+query, "")
			if want[0] == "" {
				wantError(t, query, a, http.StatusBadRequest, "FIELD_FORMAT")
				continue
			}
			if a.status != http.StatusOK || a.header.Get("Content-Type") != want[0] || a.header.Get("Content-Disposition") != want[1] {
				t.Errorf("%q: %d %q %q", query, a.status, a.header.Get("Content-Type"), a.header.Get("Content-Disposition"))
			}
			if a.body != strings.Join(pieces, "") {
				t.Errorf("%q: the file is changed on its way: %d bytes", query, len(a.body))
			}
			if len(a.header.Get("X-Request-Id")) != 36 {
				t.Errorf("%q: no request id", query)
			}
		}
	}
}

// A report that fails half-way must not look whole to anybody.
func TestAReportThatFails(t *testing.T) {
	d := chaintest.New(t)
	at := 0
	broken := fault.Wrap(fault.Unavailable, fault.LedgerUnavailable, errors.New("connection reset"))
	d.Services.Export = exporting(func(sent int) error {
		if sent == at {
			return broken
		}
		return nil
	})
	base := serve(t, d)
	for _, http2 := range []bool{false, true} {
		c := client(t, d, http2, d.Client(t, "compliance"))
		for at = range len(pieces) + 1 {
			a, err := try(t, c, http.MethodGet, base+"/v1/audit/report", "")
			if at == 0 {
				wantError(t, "before the first byte", a, http.StatusServiceUnavailable, "LEDGER_UNAVAILABLE")
				continue
			}
			if err == nil {
				t.Errorf("HTTP/2 %v: failed after %d pieces, and the client has taken %d bytes for a whole file", http2, at, len(a.body))
			}
			if strings.Contains(a.body, "LEDGER") || !strings.HasPrefix(strings.Join(pieces, ""), a.body) {
				t.Errorf("HTTP/2 %v: the error stands in the file", http2)
			}
		}
	}
	if logged := strings.Join(d.Log.Take(), "\n"); strings.Count(logged, `"code":"UNAVAILABLE"`) != 2*(len(pieces)+1) {
		t.Errorf("failures are not logged: %s", logged)
	}
}

// A client that goes away ends the report.
func TestAClientThatGoesAway(t *testing.T) {
	d := chaintest.New(t)
	ended := make(chan error, 1)
	d.Services.Export = func(_ *porukav1.ExportReportRequest, s grpc.ServerStreamingServer[httpbody.HttpBody]) error {
		for {
			if err := s.Send(&httpbody.HttpBody{ContentType: "text/csv", Data: bytes.Repeat([]byte("x"), 64<<10)}); err != nil {
				ended <- err
				return err
			}
		}
	}
	base := serve(t, d)
	for _, http2 := range []bool{false, true} {
		c := client(t, d, http2, d.Client(t, "compliance"))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/audit/report", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := response.Body.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if err := <-ended; err == nil {
			t.Error("the report went on")
		}
	}
}
