package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
	"github.com/poruka/poruka/gateway/intercept/chaintest"
)

func TestErrors(t *testing.T) {
	d := chaintest.New(t)
	var result error
	d.Services.Confirm = func(ctx context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
		if result == nil {
			panic("pq: relation accounts, host store-one")
		}
		return nil, result
	}
	url := serve(t, d) + "/v1/confirmations"
	c := client(t, d, true, d.Client(t, "bank/vtb"))
	for _, x := range []struct {
		err        error
		status     int
		reason     string
		retryAfter string
	}{
		{fault.New(fault.Precondition, fault.RequestIDReused), 409, "REQUEST_ID_REUSED", ""},
		{fault.New(fault.Aborted, fault.RequestRunning).After(200 * time.Millisecond), 409, "REQUEST_RUNNING", "1"},
		{fault.New(fault.Exhausted, fault.AttemptsExhausted).After(61500 * time.Millisecond), 429, "ATTEMPTS_EXHAUSTED", "62"},
		{fault.New(fault.Unavailable, fault.LedgerUnavailable).After(time.Second), 503, "LEDGER_UNAVAILABLE", "1"},
		{fault.New(fault.NotFound, fault.ConfirmationNotFound), 404, "CONFIRMATION_NOT_FOUND", ""},
		{fault.New(fault.AlreadyExists, fault.DuplicateSNILS), 409, "DUPLICATE_SNILS", ""},
		{fault.InvalidFields(fault.Violation{Field: "person.snils", Reason: fault.SNILSChecksum, Text: "check digits"}), 400, "SNILS_CHECKSUM", ""},
		{fault.New(fault.Unauthenticated, fault.CertificateExpired), 401, "CERTIFICATE_EXPIRED", ""},
		{fault.New(fault.Deadline, fault.DeadlineOver), 504, "DEADLINE", ""},
		{context.DeadlineExceeded, 504, "DEADLINE", ""},
		{context.Canceled, 499, "CANCELLED", ""},
		{errors.New("pq: relation accounts, host store-one"), 500, "INTERNAL", ""},
		{status.Error(codes.Unauthenticated, "Bearer realm=\"x\"\r\nSet-Cookie: a=b"), 500, "INTERNAL", ""},
		{nil, 500, "INTERNAL", ""},
	} {
		result = x.err
		a := ask(t, c, http.MethodPost, url, good, "Accept-Language", "ru")
		f := wantError(t, x.reason, a, x.status, x.reason)
		if a.header.Get("Retry-After") != x.retryAfter {
			t.Errorf("%s: Retry-After %q, want %q", x.reason, a.header.Get("Retry-After"), x.retryAfter)
		}
		if challenge := a.header.Get("Www-Authenticate"); (x.status == http.StatusUnauthorized) != (challenge == `Mutual realm="poruka"`) {
			t.Errorf("%s: challenge %q", x.reason, challenge)
		}
		for _, secret := range []string{"pq:", "store-one", "goroutine", ".go:", "Bearer", "Cookie"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s: %q is told: %s", x.reason, secret, a.body)
			}
		}
		var id, locale string
		for _, d := range f.Details {
			id, locale = id+d.RequestID, locale+d.Locale
		}
		if id == "" || id != a.header.Get("X-Request-Id") || locale != "ru" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: request id %q and %q, language %q", x.reason, id, a.header.Get("X-Request-Id"), locale)
		}
	}
}

func TestRateLimit(t *testing.T) {
	d := chaintest.New(t)
	d.Limiter.Full = true
	a := ask(t, client(t, d, true, d.Client(t, "bank/vtb")), http.MethodPost, serve(t, d)+"/v1/confirmations", "{not json")
	wantError(t, "full", a, http.StatusTooManyRequests, "RATE_LIMIT")
	if a.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
}
