package crdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/poruka/poruka/ledger"
)

// class is what to do about a failure.
type class int

const (
	again     class = iota + 1 // nothing was stored; the connection is good; run the transaction again
	reconnect                  // nothing was stored; run it again on another connection
	giveUp                     // nothing was stored; the store refuses work
	refused                    // nothing was stored; the store refuses this work
	unknown                    // it may have been stored
)

var classNames = [...]string{"", "again", "reconnect", "give up", "refused", "unknown"}

func (c class) String() string { return classNames[c] }

// failure is an error of the store. Its text holds no value of any statement: of what the server said, only the code is kept.
type failure struct {
	class class
	stage string // what was being done
	code  string // SQLSTATE; empty when the line was lost
	cause error  // of the context; nil otherwise
}

// Error tells stage and code.
func (f *failure) Error() string {
	switch {
	case f.code != "":
		return fmt.Sprintf("%s: SQLSTATE %s", f.stage, f.code)
	case f.cause != nil:
		return fmt.Sprintf("%s: %v", f.stage, f.cause)
	}
	return f.stage + ": connection lost"
}

// Unwrap gives the error of the context, if that is what ended it.
func (f *failure) Unwrap() error { return f.cause }

// SQLState is how cockroach-go recognises what it may retry on the same connection. Only what is classed so is shown.
func (f *failure) SQLState() string {
	if f.class == again && f.code == serializationFailure {
		return f.code
	}
	return ""
}

const (
	serializationFailure = "40001"
	completionUnknown    = "40003"
	uniqueViolation      = "23505"
)

// verdicts on SQLSTATEs of statements, each by its longest prefix that is listed.
var verdicts = map[string]class{
	serializationFailure: again,
	completionUnknown:    again, // of a statement: its transaction has not been committed
	"40P01":              again, // deadlock
	"CR000":              again, // CockroachDB before 2.0
	uniqueViolation:      again, // another gateway was first: the next attempt sees what it wrote
	"55P03":              again, // lock not available
	"08":                 reconnect,
	"57P":                reconnect, // shutting down, crashed, starting up, dropped
	"25006":              reconnect, // read only: not the primary any more
	"25P02":              reconnect, // the state of the transaction is not what was thought
	"26000":              reconnect, // a prepared statement is gone
	"0A000":              reconnect, // a cached plan no longer fits the schema
	"57014":              giveUp,    // took too long
	"53":                 giveUp,    // connections, memory or disk exhausted
	"54":                 giveUp,    // beyond limits
	"58":                 giveUp,    // input or output
	"28":                 giveUp,    // not let in
	"3D":                 giveUp,    // no such database
	"42":                 giveUp,    // tables or rights are missing
	"XX":                 giveUp,    // internal
	"":                   refused,
}

// aborts lists the SQLSTATEs that, as the answer to COMMIT, prove that nothing was stored. Any other leaves it open.
var aborts = map[string]class{
	serializationFailure: again,
	"40P01":              again,
	"CR000":              again,
	"40002":              refused, // a constraint that is checked at the end
	uniqueViolation:      again,
	"23":                 refused,
	"25P02":              reconnect,
	"25P01":              reconnect, // there was no transaction
	"26000":              reconnect, // COMMIT itself was not understood
	"":                   unknown,
}

func lookUp(table map[string]class, code string) class {
	for n := len(code); ; n-- {
		if c, ok := table[code[:n]]; ok {
			return c
		}
	}
}

// part is the part of a transaction in which something failed.
type part int

const (
	reading    part = iota // COMMIT has not been sent
	writing                // COMMIT has been sent behind the statement that failed
	committing             // the answer to COMMIT itself
)

// classify judges an error of the driver.
func classify(ctx context.Context, stage string, p part, err error) *failure {
	f := &failure{stage: stage, class: reconnect}
	var told *pgconn.PgError
	switch {
	case errors.As(err, &told):
		f.code = told.Code
		f.class = verdictOn(p, told)
	case p != reading && !pgconn.SafeToRetry(err):
		f.class, f.cause = unknown, ctx.Err()
	case ctx.Err() != nil:
		f.class, f.cause = giveUp, ctx.Err()
	case errors.Is(err, errRow):
		f.class, f.cause = refused, errRow
	}
	return f
}

func verdictOn(p part, told *pgconn.PgError) class {
	if p == committing {
		return lookUp(aborts, told.Code)
	}
	if p == writing && told.Code == completionUnknown {
		return unknown
	}
	c := lookUp(verdicts, told.Code)
	if isFatal(told) && c != giveUp {
		return reconnect // the server hangs up, and does not run what was sent behind
	}
	return c
}

func isFatal(told *pgconn.PgError) bool {
	return told.SeverityUnlocalized == "FATAL" || told.SeverityUnlocalized == "PANIC"
}

// public gives a failure the name that the contract has for it.
func (f *failure) public() error {
	switch f.class {
	case unknown:
		return fmt.Errorf("%w: %w", ledger.ErrOutcomeUnknown, f)
	case again:
		return fmt.Errorf("%w: %w", ledger.ErrConflict, f)
	case refused:
		return fmt.Errorf("crdb: the store refused: %w", f)
	default:
		return fmt.Errorf("%w: %w", ledger.ErrUnavailable, f)
	}
}

// failureOf finds the failure in an error that others have wrapped.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{class: refused, stage: "transaction", cause: err}
}
