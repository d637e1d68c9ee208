package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/signature"
	"github.com/poruka/poruka/partners/style"
)

// withRoster is the roster for development in which a form is written otherwise.
func withRoster(t *testing.T, form, instead string) func(*config.Config) {
	t.Helper()
	content := regexp.MustCompile(form).ReplaceAll(roster.Dev(), []byte(instead))
	return func(c *config.Config) {
		if err := os.WriteFile(filepath.Join(c.DataDir, "roster.yaml"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDialectLimits uses a bank's tokens up: it is told how it stands, in the headers that it knows, until it is refused.
func TestDialectLimits(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60, Change: withRoster(t, `requestsPerSecond: \d+, burst: \d+`, "requestsPerSecond: 0.02, burst: 2")})
	person := raisable(t, g, 60)[0]
	person.DryRun = true
	for _, bank := range style.Standard().Names() {
		s := speakerOf(t, g, bank)
		told := bank == "sberbank" || bank == "bspb"
		for left := 1; left >= 0; left-- {
			answer := s.ask(fresh(person))
			if told && (answer.Limits.Limit != 1 || answer.Limits.Remaining != left || (answer.Limits.Reset > 0) != (left == 0)) || !told && answer.Limits != (style.Limits{}) {
				t.Errorf("%s: with %d left: %+v", bank, left, answer.Limits)
			}
		}
		m := s.send(s.write(fresh(person)))
		r := s.refused("too many", m, http.StatusTooManyRequests, "RATE_LIMIT")
		if told && (r.Limits.Limit != 1 || r.Limits.Remaining != 0 || r.Limits.Reset < 40*time.Second) {
			t.Errorf("%s: %+v", bank, r.Limits)
		}
		if wait, err := strconv.Atoi(m.Header["retry-after"]); err != nil || wait < 40 || wait > 50 || r.RequestID != "" {
			t.Errorf("%s: Retry-After %q, request %q", bank, m.Header["retry-after"], r.RequestID)
		}
		another := s
		another.door = doorOf(t, g, "portal")
		foreign := another.send(s.write(fresh(person)))
		for name := range foreign.Header {
			if strings.Contains(name, "limit") || foreign.Status != http.StatusForbidden {
				t.Errorf("the portal is told how %s stands: HTTP %d %v", bank, foreign.Status, foreign.Header)
			}
		}
	}
}

// TestDialectSuspended suspends the banks: each is told in its own words, whatever it sends.
func TestDialectSuspended(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{})
	operator := porukav1.NewOperatorServiceClient(g.Conn("operator"))
	for _, bank := range style.Standard().Names() {
		if _, err := operator.SuspendPartner(t.Context(), &porukav1.SuspendPartnerRequest{Id: bank, Note: "a test"}); err != nil {
			t.Fatal(err)
		}
		s := speakerOf(t, g, bank)
		for deadline := time.Now().Add(suspension); ; time.Sleep(20 * time.Millisecond) {
			m := s.send(style.Message{ContentType: "a/b", Body: []byte("secret")})
			if m.Status == http.StatusForbidden {
				s.refused("suspended", m, http.StatusForbidden, "PARTNER_INACTIVE")
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s may still call: HTTP %d", bank, m.Status)
			}
		}
		if native := s.door.call(http.MethodGet, "/v1/banks/"+bank+"/confirmations", ""); native.http != http.StatusMethodNotAllowed {
			t.Errorf("%s: HTTP %d", bank, native.http)
		}
	}
}

// TestDialectOldKeys lets the banks sign with keys that are over.
func TestDialectOldKeys(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60, Change: withRoster(t, `(file: banks/[a-z]+\.jwks)`, "$1, validUntil: 2025-01-01")})
	person := raisable(t, g, 60)[0]
	for _, bank := range style.Standard().Names() {
		s := speakerOf(t, g, bank)
		if !s.isSigned() || bank == "pochtabank" { // whose certificate has days of its own
			continue
		}
		m := s.write(fresh(person))
		s.refused("an old key", s.send(m), http.StatusUnauthorized, string(signature.KeyInactive))
		_, err := porukav1.NewConfirmationServiceClient(g.Conn(bank)).ConfirmStyled(t.Context(), grpcOf(bank, m))
		if a := answerOf(t, nil, err); a.refusedWith() != "Unauthenticated SIGNATURE_KEY_INACTIVE " {
			t.Errorf("%s: over gRPC %s", bank, a.refusedWith())
		}
	}
}

// TestStaleTag repeats a request of T-Bank with a tag of an answer that is another's, and with its own.
func TestStaleTag(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	person := raisable(t, g, 60)[0]
	s := speakerOf(t, g, "tinkoff")
	first := s.send(s.write(fresh(person)))
	s.decided(first)
	tag := first.Header["etag"]
	again := func(tag string) style.Message { return s.send(s.write(proto.CloneOf(person)), "If-Match", tag) }
	if m := again(tag); m.Status != http.StatusOK || m.Header["etag"] != tag || tag == "" {
		t.Errorf("its own tag %q: HTTP %d %v", tag, m.Status, m.Header)
	}
	other := tag[:len(tag)-3] + "00\""
	if m := again(other); m.Status != http.StatusUnprocessableEntity {
		t.Errorf("another tag %q: HTTP %d %s", other, m.Status, m.Body)
	}
	if m := again(`"` + tag[5:]); m.Status != http.StatusUnprocessableEntity && m.Status != http.StatusBadRequest {
		t.Errorf("the tag of another request: HTTP %d %s", m.Status, m.Body)
	}
}
