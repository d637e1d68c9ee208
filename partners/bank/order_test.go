package bank_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// issuer is a bank that gives tokens and wants the last one that it gave.
type issuer struct {
	mutex   sync.Mutex
	given   int
	pulls   int
	answer  string // to the request for a token; empty: a good one
	status  int    // of that answer
	order   int    // status of a pull with a good token
	held    chan struct{}
	refuses int // good tokens that it does not take
}

func (i *issuer) current() string { return fmt.Sprintf("token-%d", i.given) }

func (i *issuer) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if i.held != nil && in.URL.Path == "/oauth/token" {
		<-i.held
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if in.URL.Path != "/oauth/token" {
		i.pull(out, in)
		return
	}
	body, _ := io.ReadAll(in.Body)
	if in.Method != http.MethodPost || string(body) != "grant_type=client_credentials" || in.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		out.WriteHeader(http.StatusBadRequest)
		return
	}
	i.given++
	if i.answer != "" {
		out.WriteHeader(i.status)
		_, _ = io.WriteString(out, i.answer)
		return
	}
	_, _ = fmt.Fprintf(out, `{"access_token":%q,"expires_in":3600,"token_type":"bearer","scope":"x"}`, i.current())
}

func (i *issuer) pull(out http.ResponseWriter, in *http.Request) {
	i.pulls++
	if i.given > 0 && in.Header.Get("Authorization") != "Bearer "+i.current() {
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	if i.refuses > 0 {
		i.refuses--
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	if i.order != 0 {
		out.WriteHeader(i.order)
		return
	}
	out.Header().Set("X-Signature", "s")
	_, _ = io.WriteString(out, in.Method+" "+in.URL.Path)
}

func (i *issuer) counts() (given, pulls int) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.given, i.pulls
}

func (w *world) pull(ctx context.Context, id partners.ID, order string) (bank.Reply, error) {
	p, _ := w.roster.Find(id)
	return w.clients.PullOrder(ctx, p, order)
}

func TestPull(t *testing.T) {
	w := newWorld(t)
	for id, tokens := range map[partners.ID]int{"sberbank": 1, "tinkoff": 1, "pochtabank": 1, "vtb": 0, "bspb": 0} {
		i := &issuer{}
		w.bank(id, i.ServeHTTP)
		for range 5 {
			reply, err := w.pull(t.Context(), id, "0b1c")
			w.want(err, "")
			if string(reply.Body) != "GET /orders/0b1c" || reply.Header["x-signature"] != "s" {
				t.Errorf("%s: %+v", id, reply)
			}
		}
		if given, pulls := i.counts(); given != tokens || pulls != 5 {
			t.Errorf("%s: %d tokens, %d pulls", id, given, pulls)
		}
	}
}

func TestWhatABankMaySayOfAnOrder(t *testing.T) {
	w := newWorld(t)
	for status, want := range map[int]any{
		http.StatusAccepted: bank.ErrWaiting, http.StatusNotFound: bank.ErrWaiting, http.StatusGone: bank.ErrRefused,
		http.StatusForbidden: bank.Denied, http.StatusTooManyRequests: bank.Denied, http.StatusNoContent: bank.Malformed, http.StatusFound: bank.Malformed,
		http.StatusBadGateway: bank.ServerError,
	} {
		w.bank("vtb", (&issuer{order: status}).ServeHTTP)
		_, err := w.pull(t.Context(), "vtb", "0b1c")
		switch want := want.(type) {
		case error:
			if !errors.Is(err, want) {
				t.Errorf("%d: %v", status, err)
			}
		case bank.Cause:
			w.want(err, want)
		}
	}
	w.bank("vtb", ok, func(e *partners.Endpoint) { e.OrdersPath = "" })
	for _, id := range []partners.ID{"vtb", "nobody"} {
		_, err := w.pull(t.Context(), id, "0b1c")
		w.want(err, bank.NoEndpoint)
	}
	w.bank("vtb", ok)
	for _, order := range []string{"..", "../admin", "a/b", "//evil.example"} {
		_, err := w.pull(t.Context(), "vtb", order)
		w.want(err, bank.NoEndpoint)
	}
}

// Sberbank's tokens last a minute whatever they say, Tinkoff's half an hour, Pochta Bank's an hour.
func TestTokensLastAsLongAsTheDialectSays(t *testing.T) {
	for id, life := range map[partners.ID]time.Duration{"sberbank": time.Minute, "tinkoff": 30 * time.Minute, "pochtabank": time.Hour} {
		var ahead atomic.Int64
		w := newWorld(t, func(c *bank.Config) {
			c.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		// The certificates are for an hour, so the clock goes no further than the token's life.
		i := &issuer{}
		w.bank(id, i.ServeHTTP)
		for _, step := range []struct {
			at   time.Duration
			want int
		}{{0, 1}, {life * 8 / 10, 1}, {life * 91 / 100, 2}} {
			ahead.Store(int64(step.at))
			_, err := w.pull(t.Context(), id, "0b1c")
			w.want(err, "")
			if given, _ := i.counts(); given != step.want {
				t.Errorf("%s after %v: %d tokens, want %d", id, step.at, given, step.want)
			}
		}
	}
}

func TestATokenThatIsNotTaken(t *testing.T) {
	w := newWorld(t)
	for refuses, want := range map[int]struct {
		given, pulls int
		cause        bank.Cause
	}{0: {1, 1, ""}, 1: {2, 2, ""}, 9: {2, 2, bank.Denied}} {
		i := &issuer{refuses: refuses}
		w.bank("sberbank", i.ServeHTTP)
		_, err := w.pull(t.Context(), "sberbank", "0b1c")
		w.want(err, want.cause)
		if given, pulls := i.counts(); given != want.given || pulls != want.pulls {
			t.Errorf("%d refused: %d tokens, %d pulls", refuses, given, pulls)
		}
	}
}

// However many want a token, one request for it is under way; and it does not end with the first of them who goes away.
func TestOneRequestForATokenAtATime(t *testing.T) {
	w := newWorld(t)
	i := &issuer{held: make(chan struct{})}
	w.bank("pochtabank", i.ServeHTTP, concurrent(100))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := w.pull(ctx, "pochtabank", "0b1c")
		first <- err
	}()
	eventually(t, "the request for a token is under way", func() bool { s, _ := w.clients.Status("pochtabank"); return s.Calls == 1 })
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			if _, err := w.pull(t.Context(), "pochtabank", "0b1c"); err != nil {
				t.Error(err)
			}
		})
	}
	cancel()
	w.want(<-first, bank.GivenUp)
	close(i.held)
	group.Wait()
	if given, pulls := i.counts(); given != 1 || pulls != 30 {
		t.Errorf("%d tokens, %d pulls", given, pulls)
	}
}

// After invalid_grant Tinkoff is not asked again for a while; others are.
func TestInvalidGrant(t *testing.T) {
	w := newWorld(t)
	for id, want := range map[partners.ID]int{"tinkoff": 1, "sberbank": 3} {
		i := &issuer{answer: `{"error":"invalid_grant"}`, status: http.StatusBadRequest}
		w.bank(id, i.ServeHTTP)
		for range 3 {
			_, err := w.pull(t.Context(), id, "0b1c")
			if failed := w.failed(err, bank.Denied); (failed.RetryAfter > time.Minute) != (id == "tinkoff") {
				t.Errorf("%s: come back in %v", id, failed.RetryAfter)
			}
		}
		if given, pulls := i.counts(); given != want || pulls != 0 {
			t.Errorf("%s: asked %d times, %d pulls", id, given, pulls)
		}
	}
}

func TestWhatIsNoToken(t *testing.T) {
	w := newWorld(t)
	for _, answer := range []string{
		`not JSON`, `{}`, `{"access_token":"","token_type":"Bearer"}`, `{"access_token":"a b","token_type":"Bearer"}`,
		`{"access_token":"a\r\nHost: evil.example","token_type":"Bearer"}`, `{"access_token":"a","token_type":"MAC"}`, `{"access_token":"a"}`,
		`{"access_token":"` + strings.Repeat("a", 5000) + `","token_type":"Bearer"}`,
	} {
		i := &issuer{answer: answer, status: http.StatusOK}
		w.bank("sberbank", i.ServeHTTP)
		_, err := w.pull(t.Context(), "sberbank", "0b1c")
		w.want(err, bank.Malformed)
		if _, pulls := i.counts(); pulls != 0 {
			t.Errorf("%.40q is used", answer)
		}
	}
}

// An answer that was lost is asked for again with the same token.
func TestALostAnswerKeepsTheToken(t *testing.T) {
	w := newWorld(t)
	i := &issuer{}
	var lose atomic.Bool
	w.bank("sberbank", func(out http.ResponseWriter, in *http.Request) {
		if lose.Load() && in.URL.Path != "/oauth/token" {
			lose.Store(false)
			panic(http.ErrAbortHandler)
		}
		i.ServeHTTP(out, in)
	})
	for range 20 {
		_, err := w.pull(t.Context(), "sberbank", "0b1c")
		w.want(err, "")
	}
	lose.Store(true)
	_, err := w.pull(t.Context(), "sberbank", "0b1c")
	w.want(err, "")
	if given, pulls := i.counts(); given != 1 || pulls != 21 || lose.Load() {
		t.Errorf("%d tokens, %d pulls", given, pulls)
	}
}

// A moved bank gets a token of its own.
func TestATokenStaysAtItsAddress(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		i := &issuer{}
		w.bank("sberbank", i.ServeHTTP)
		_, err := w.pull(t.Context(), "sberbank", "0b1c")
		w.want(err, "")
		if given, _ := i.counts(); given != 1 {
			t.Errorf("%d tokens", given)
		}
	}
}
