package bank

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// tokenRule is how a bank's tokens are used.
type tokenRule struct {
	life   time.Duration // at most, whatever the bank says
	repeat bool          // the request for a token may be repeated when its answer was lost
	hold   time.Duration // after invalid_grant, until another is asked for
}

// tokenRules are by dialect. Who is not here wants no token. Source: the banks' own rules; where a bank has published none, an hour.
var tokenRules = map[string]tokenRule{
	"sberbank":   {life: time.Minute, repeat: true},
	"tinkoff":    {life: 30 * time.Minute, hold: 10 * time.Minute},
	"pochtabank": {life: time.Hour, repeat: true},
}

// tokens is the token of one bank. It is nowhere but here, and in no log.
type tokens struct {
	mutex  sync.Mutex
	value  string
	until  time.Time // when another is asked for
	flight *flight   // the request under way, if there is one
	held   time.Time // until then none is asked for
}

// flight is a request for a token that many may wait for.
type flight struct {
	landed chan struct{}
	value  string
	err    error
}

// token gives a token that is good, asking for one when there is none. One request is under way at a time, and it ends for its own
// reasons, not when one of those who wait gives up.
func (c *client) token(ctx context.Context, rule tokenRule) (string, error) {
	value, f, err := c.boarding(rule)
	if f == nil {
		return value, err
	}
	select {
	case <-f.landed:
		return f.value, f.err
	case <-ctx.Done():
		return "", ended(ctx)
	}
}

// boarding gives the token, or the request to wait for.
func (c *client) boarding(rule tokenRule) (string, *flight, error) {
	t, now := &c.tokens, c.all.cfg.Clock()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.value != "" && now.Before(t.until):
		return t.value, nil, nil
	case now.Before(t.held):
		return "", nil, &Error{Cause: Denied, RetryAfter: t.held.Sub(now)}
	case t.flight == nil:
		f := &flight{landed: make(chan struct{})}
		t.flight = f
		c.all.underway.Add(1) // of a call that is counted, so Close has not come to its end
		go func() {
			defer c.all.underway.Done()
			c.fetch(f, rule)
		}()
	}
	return "", t.flight, nil
}

// fetch asks for a token and hands it out.
func (c *client) fetch(f *flight, rule tokenRule) {
	t := &c.tokens
	began := c.all.cfg.Clock()
	granted, err := c.grant(rule)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	defer close(f.landed)
	t.flight, t.value = nil, ""
	switch {
	case err == nil:
		life := rule.life
		if granted.Seconds > 0 && granted.Seconds < int64(life/time.Second) {
			life = time.Duration(granted.Seconds) * time.Second
		}
		f.value, t.value, t.until = granted.Token, granted.Token, began.Add(life*9/10) // a tenth of it may pass on the way
	case granted.Refusal == "invalid_grant" && rule.hold > 0:
		t.held = began.Add(rule.hold)
		f.err = &Error{Cause: Denied, RetryAfter: rule.hold}
	default:
		f.err = err
	}
}

// forget drops a token that the bank does not take. Who has another one by now keeps it.
func (c *client) forget(value string) {
	c.tokens.mutex.Lock()
	defer c.tokens.mutex.Unlock()
	if c.tokens.value == value {
		c.tokens.value = ""
	}
}

// granted is what a bank answers to the request for a token.
type granted struct {
	Token   string `json:"access_token"`
	Seconds int64  `json:"expires_in"`
	Type    string `json:"token_type"`
	Refusal string `json:"error"`
}

// tokenForm is what may stand in a header after "Bearer" (RFC 6750).
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// longestToken fits into a header with much else beside it, in bytes.
const longestToken = 4096

func (c *client) grant(rule tokenRule) (granted, error) {
	reply, err := c.do(c.all.life, Call{
		Method:     http.MethodPost,
		Path:       "/oauth/token",
		Header:     map[string]string{"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
		Body:       []byte("grant_type=client_credentials"),
		Idempotent: rule.repeat,
	})
	if err != nil {
		return granted{}, err
	}
	var g granted
	unreadable := json.Unmarshal(reply.Body, &g) != nil
	switch {
	case reply.Status != http.StatusOK:
		return granted{Refusal: g.Refusal}, &Error{Cause: Denied, RetryAfter: retryAfter(reply.Header)}
	case unreadable || len(g.Token) > longestToken || !tokenForm.MatchString(g.Token) || !strings.EqualFold(g.Type, "Bearer"):
		return granted{}, c.note(&Error{Cause: Malformed, err: errToken})
	}
	return g, nil
}
