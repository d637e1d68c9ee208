package rest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

const id = "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"

// Routes with verbs after a colon go to their own methods, whatever stands beside them.
func TestRouting(t *testing.T) {
	d := chaintest.New(t)
	var called []string
	d.Services.Get = func(_ context.Context, r *porukav1.GetConfirmationRequest) (*porukav1.GetConfirmationResponse, error) {
		called = append(called, "get "+r.GetId())
		return &porukav1.GetConfirmationResponse{}, nil
	}
	d.Services.Find = func(_ context.Context, r *porukav1.FindConfirmationRequest) (*porukav1.FindConfirmationResponse, error) {
		called = append(called, "find "+r.GetRequestId()+" "+r.GetBank())
		return &porukav1.FindConfirmationResponse{State: porukav1.FindConfirmationResponse_UNKNOWN}, nil
	}
	d.Services.Withdraw = func(_ context.Context, r *porukav1.WithdrawConfirmationRequest) (*porukav1.WithdrawConfirmationResponse, error) {
		called = append(called, "withdraw "+r.GetId())
		return &porukav1.WithdrawConfirmationResponse{}, nil
	}
	d.Services.Lookup = func(_ context.Context, r *porukav1.LookupAccountRequest) (*porukav1.LookupAccountResponse, error) {
		called = append(called, "lookup "+r.GetSnils())
		return &porukav1.LookupAccountResponse{}, nil
	}
	d.Services.Put = func(_ context.Context, r *porukav1.PutAccountRequest) (*porukav1.PutAccountResponse, error) {
		called = append(called, "put "+r.GetId()+" "+r.GetLevel().String())
		return &porukav1.PutAccountResponse{}, nil
	}
	base := serve(t, d)
	bank, portal := client(t, d, true, d.Client(t, "bank/vtb")), client(t, d, true, d.Client(t, "portal"))
	for _, c := range []struct {
		client           *http.Client
		verb, path, body string
		want             string
		status           int
	}{
		{bank, "GET", "/v1/confirmations/" + id, "", "get " + id, 200},
		{portal, "GET", "/v1/confirmations:byRequest?requestId=" + id + "&bank=vtb", "", "find " + id + " vtb", 200},
		{portal, "GET", "/v1/confirmations:byRequest?request_id=" + id, "", "find " + id + " ", 200},
		{bank, "POST", "/v1/confirmations/" + id + ":withdraw", "", "withdraw " + id, 200},
		{bank, "POST", "/v1/confirmations/" + id + ":withdraw", "{}", "withdraw " + id, 200},
		{portal, "POST", "/v1/accounts:lookup", `{"snils":"112-233-445 95"}`, "lookup 112-233-445 95", 200},
		{portal, "PUT", "/v1/accounts/" + id, `{"level":"STANDARD","profile":{}}`, "put " + id + " STANDARD", 200},
		// the path is the truth, whatever the body says
		{portal, "PUT", "/v1/accounts/" + id, `{"id":"00000000-0000-4000-8000-000000000000","profile":{}}`, "put " + id + " LEVEL_UNSPECIFIED", 200},
		{bank, "GET", "/v1/confirmations/" + id + "?id=00000000-0000-4000-8000-000000000000", "", "", 400},
		{bank, "GET", "/v1/confirmations/" + id + ":withdraw", "", "", 400}, // an id with a colon is none
		{bank, "GET", "/v1/confirmations/a%2Fb", "", "", 404},
		{bank, "POST", "/v1/confirmations/" + id + ":other", "", "", 405},
		{bank, "POST", "/v1/confirmations/:withdraw", "", "", 404},
		{bank, "POST", "/v1/confirmations/" + id + ":withdraw?dryRun=true", "{}", "", 400},
	} {
		called = nil
		a := ask(t, c.client, c.verb, base+c.path, c.body)
		want := []string{c.want}
		if c.want == "" {
			want = nil
		}
		if !slices.Equal(called, want) || a.status != c.status {
			t.Errorf("%s %s: %d, called %q, want %d %q: %s", c.verb, c.path, a.status, called, c.status, c.want, a.body)
		}
	}
}

func TestQueries(t *testing.T) {
	d := chaintest.New(t)
	var got *porukav1.ListRecordsRequest
	d.Services.Records = func(_ context.Context, r *porukav1.ListRecordsRequest) (*porukav1.ListRecordsResponse, error) {
		got = r
		return &porukav1.ListRecordsResponse{}, nil
	}
	base := serve(t, d)
	c := client(t, d, true, d.Client(t, "compliance"))
	a := ask(t, c, "GET", base+"/v1/audit/records?from=2026-11-22T10:00:00.5Z&bank=vtb&outcome=NOT_MATCHED&pageSize=7&pageToken=a%2Bb%3D", "")
	if a.status != http.StatusOK || got.GetFrom().AsTime().UnixMilli() != 1795341600500 || got.GetBank() != "vtb" ||
		got.GetOutcome() != porukav1.Confirmation_NOT_MATCHED || got.GetPageSize() != 7 || got.GetPageToken() != "a+b=" {
		t.Errorf("%d, the handler got %v", a.status, got)
	}
	if a := ask(t, c, "GET", base+"/v1/audit/records?outcome=not_matched", ""); a.status != http.StatusOK || got.GetOutcome() != porukav1.Confirmation_NOT_MATCHED {
		t.Errorf("lower case: %d %v", a.status, got)
	}
	for query, field := range map[string]string{
		"nonsense=1": "nonsense", "from=yesterday": "from", "from=2026-13-01T00:00:00Z": "from", "outcome=NO_SUCH": "outcome", "outcome=77": "outcome",
		"pageSize=NaN": "pageSize", "pageSize=1e3": "pageSize", "pageSize=99999999999": "pageSize", "pageSize=-1": "pageSize", "bank=a&bank=b": "bank",
		"from.seconds=1": "from.seconds", "bank[x]=1": "?", "%zz=1": "", "a;b=1": "", "%D1%84=1": "?",
	} {
		f := wantError(t, query, ask(t, c, "GET", base+"/v1/audit/records?"+query, ""), http.StatusBadRequest, "FIELD_FORMAT")
		if f.fields() != field {
			t.Errorf("%s: field %q, want %q", query, f.fields(), field)
		}
	}
	f := wantError(t, "twice by two names", ask(t, c, "GET", base+"/v1/audit/records?pageSize=1&page_size=2", ""), http.StatusBadRequest, "FIELD_FORMAT")
	if f.fields() != "pageSize" && f.fields() != "page_size" {
		t.Errorf("twice by two names: %q", f.fields())
	}
}
