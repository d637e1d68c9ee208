package banks

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/poruka/poruka/partners"
)

// tokenLife is how long the tokens of those banks live that want one. Source: the banks' own rules.
var tokenLife = map[partners.ID]time.Duration{"sberbank": time.Minute, "tinkoff": 1791 * time.Second, "pochtabank": time.Hour}

// tokens are those handed out, and until when they are good.
type tokens struct {
	mutex sync.Mutex
	until map[string]time.Time
}

// grant hands out a token.
func (b *Bank) grant(r *http.Request, _ Kind) reply {
	life, wanted := tokenLife[b.cfg.ID]
	switch {
	case !wanted:
		return plain(http.StatusNotFound, "this bank wants no token")
	case r.FormValue("grant_type") != "client_credentials":
		return object(http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
	}
	value, now := rand.Text(), b.cfg.Clock()
	b.tokens.mutex.Lock()
	defer b.tokens.mutex.Unlock()
	if b.tokens.until == nil {
		b.tokens.until = map[string]time.Time{}
	}
	for old, until := range b.tokens.until {
		if !now.Before(until) {
			delete(b.tokens.until, old)
		}
	}
	b.tokens.until[value] = now.Add(life)
	return object(http.StatusOK, map[string]any{"access_token": value, "expires_in": int(life / time.Second), "token_type": "Bearer"})
}

// ForgetTokens makes every token that was handed out useless, as a bank may at any time.
func (b *Bank) ForgetTokens() {
	b.tokens.mutex.Lock()
	defer b.tokens.mutex.Unlock()
	b.tokens.until = nil
}

// authorised reports whether a call carries a good token, if the bank wants one.
func (b *Bank) authorised(r *http.Request) bool {
	if _, wanted := tokenLife[b.cfg.ID]; !wanted {
		return true
	}
	value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	b.tokens.mutex.Lock()
	defer b.tokens.mutex.Unlock()
	return ok && b.cfg.Clock().Before(b.tokens.until[value])
}

func object(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		return plain(http.StatusInternalServerError, err.Error())
	}
	return reply{status: status, content: "application/json", body: append(body, '\n')}
}
