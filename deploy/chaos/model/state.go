package model

// state is all that the answers depend on. It is compared by ==, and copied at every step.
type state struct {
	accounts [MaxAccounts]account
	requests [MaxRequests]request
}

type account struct {
	level   Level
	how     uint8
	owed    uint8 // number of the request, from 1; 0: to none
	data    uint8
	phone   bool
	version int64             // 0: there is no such account
	failed  [MaxCallers]uint8 // failures of each bank
}

type request struct {
	decided   bool
	withdrawn bool
	account   uint8
	claim     Claim
	how       uint8
	outcome   Outcome
}

// Budget of failures. Source: domain rules, challenge and limits. Within a run no time passes.
const (
	failuresOfBank = 5
	failuresOfAll  = 20
)

func (a *account) exhausted(bank uint8) bool {
	all := 0
	for _, n := range a.failed {
		all += int(n)
	}
	own := a.failed[bank]
	return own >= failuresOfBank || (all >= failuresOfAll && own > 0)
}

// answer gives the one answer to a call, and changes s to what it is then.
func (s *state) answer(c *Call) Answer {
	switch c.Method {
	case Confirm, Record:
		return s.decide(c)
	case Withdraw:
		return s.withdraw(c)
	case Find:
		r := &s.requests[c.Request]
		return Answer{Found: r.decided, Outcome: r.outcome}
	case Put:
		return s.put(c)
	default:
		return s.accounts[c.Account].read()
	}
}

func (a *account) read() Answer {
	if a.version == 0 {
		return Answer{Refused: AccountNotFound}
	}
	return Answer{Level: a.level, How: a.how, Version: a.version, OwedTo: a.owed}
}

func (s *state) decide(c *Call) Answer {
	r, a := &s.requests[c.Request], &s.accounts[c.Account]
	if r.decided {
		if r.account != c.Account || r.claim != c.Claim || r.how != c.How {
			return Answer{Refused: RequestIDReused}
		}
		return Answer{Outcome: r.outcome, Replayed: true}
	}
	judge := a.judgeClaim
	if c.Method == Record {
		judge = a.judgeRecord
	}
	outcome, refused := judge(c)
	if refused != "" {
		return Answer{Refused: refused}
	}
	if outcome == WasConfirmed && c.Claim != Dry {
		a.level, a.how, a.owed = Confirmed, max(c.How, ByBank), c.Request+1
		a.version++
	}
	*r = request{decided: true, account: c.Account, claim: c.Claim, how: c.How, outcome: outcome}
	return Answer{Outcome: outcome}
}

func (a *account) judgeClaim(c *Call) (Outcome, Refusal) {
	switch {
	case a.exhausted(c.Caller):
		return 0, AttemptsExhausted
	case c.Claim == NoConsent:
		return NotEligible, ""
	case a.version == 0, c.Claim == False:
		a.failed[c.Caller]++
		return NotMatched, ""
	case !a.phone:
		a.failed[c.Caller]++
		return NotEligible, ""
	}
	return a.standing(), ""
}

func (a *account) judgeRecord(*Call) (Outcome, Refusal) {
	if a.version == 0 {
		return 0, AccountNotFound
	}
	return a.standing(), ""
}

func (a *account) standing() Outcome {
	switch a.level {
	case Standard:
		return WasConfirmed
	case Confirmed:
		return AlreadyConfirmed
	default:
		return NotEligible
	}
}

func (s *state) withdraw(c *Call) Answer {
	r := &s.requests[c.Request]
	a := &s.accounts[r.account]
	switch {
	case !r.decided:
		return Answer{Refused: ConfirmationNotFound}
	case r.withdrawn:
		return Answer{Replayed: true}
	case a.owed != c.Request+1 || a.level != Confirmed:
		return Answer{Refused: NotInForce}
	}
	r.withdrawn = true
	a.level, a.how, a.owed = Standard, 0, 0
	a.version++
	return Answer{}
}

func (s *state) put(c *Call) Answer {
	a, w := &s.accounts[c.Account], c.Want
	if w.Version > 0 && w.Version != a.version {
		return Answer{Refused: VersionConflict}
	}
	next := *a
	switch {
	case w.Level == NoLevel && a.version == 0:
		next.level = Simplified
	case w.Level == NoLevel:
	case a.version > 0 && rung(w.Level) < rung(a.level) && !w.MayFall:
		return Answer{Refused: LevelWouldFall}
	case w.Level == Confirmed && a.level == Confirmed && a.how == c.How: // whoever confirmed it first stays named
	default:
		next.level, next.how, next.owed = w.Level, c.How, 0
	}
	next.data, next.phone = w.Data, w.Phone
	result := Updated
	switch {
	case a.version == 0:
		result = Created
	case next.level == a.level && next.how == a.how && next.data == a.data && next.phone == a.phone:
		return a.put(Unchanged)
	}
	next.version++
	*a = next
	return a.put(result)
}

func (a *account) put(result Result) Answer {
	told := a.read()
	told.Result = result
	return told
}

// rung is the place on the ladder; side states stand below it.
func rung(l Level) Level {
	if l > Confirmed {
		return 0
	}
	return l
}
