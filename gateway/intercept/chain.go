package intercept

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/partners"
)

// Defaults of Config.
const (
	DefaultMaxDeadline = 10 * time.Second
	DefaultMinDeadline = 100 * time.Millisecond
)

// Identifier tells who is at the other end of a TLS connection; a *certs.Source is one.
type Identifier interface {
	// Check gives the caller, or an error of package certs.
	Check(state tls.ConnectionState) (certs.Caller, error)
}

// Banks knows which banks may call now; a *banks.Service is one.
type Banks interface {
	// Check gives the bank if it may call now. The error is a fault.
	Check(id partners.ID) (partners.Partner, error)
}

// Limiter bounds how often a bank calls, and how many of its calls run at the same time.
type Limiter interface {
	// Allow admits a call: release must be called when it has ended. Otherwise retryAfter says when to try again.
	Allow(id partners.ID) (release func(), retryAfter time.Duration, ok bool)
}

// Config is what a Chain needs. Audit, Tracer and the durations may be left out.
type Config struct {
	Access      *access.Table
	Identifier  Identifier
	Banks       Banks
	Limiter     Limiter
	Validator   *Validator
	Metrics     *observe.Metrics
	Logger      *slog.Logger // one line for each call
	Audit       *slog.Logger // one line for each refusal and each call of staff; nil, or the same as Logger: that is told in the call's line
	Tracer      trace.Tracer // nil: no traces
	Clock       func() time.Time
	MaxDeadline time.Duration // a unary call ends by then; 0: DefaultMaxDeadline
	MinDeadline time.Duration // a call with less time left is refused; 0: DefaultMinDeadline
}

// Validate reports what is missing.
func (c Config) Validate() error {
	missing := map[string]bool{
		"Access": c.Access == nil, "Identifier": c.Identifier == nil, "Banks": c.Banks == nil, "Limiter": c.Limiter == nil,
		"Validator": c.Validator == nil, "Metrics": c.Metrics == nil, "Logger": c.Logger == nil, "Clock": c.Clock == nil,
	}
	var errs []error
	for name, is := range missing {
		if is {
			errs = append(errs, errors.New("intercept: "+name+" is missing"))
		}
	}
	if c.MaxDeadline < 0 || c.MinDeadline < 0 {
		errs = append(errs, errors.New("intercept: a deadline is negative"))
	}
	return errors.Join(errs...)
}

// Order is the order of the steps, outermost first.
func Order() []string {
	return []string{
		"recover", "request_id", "trace", "metrics", "log", "wire", "audit", "identify", "authorize", "deadline", "rate", "validate",
	}
}

// step is one stage of the chain. A nil function does nothing.
type step struct {
	name string
	// before runs when the call arrives; an error refuses it, and no later step sees it.
	before func(context.Context, *call) (context.Context, error)
	// message judges what the caller has sent, once it is parsed.
	message func(*call, proto.Message) error
	// after runs in reverse order when the call has ended, if before has not refused it; its result is what outer steps see.
	after func(context.Context, *call, error) error
}

// Chain is the list of steps with what they need. It is safe for concurrent use.
type Chain struct {
	config  Config
	steps   []step
	unknown *method // for whatever has no name of ours

	registered map[string]bool // services that came through Registrar
}

// New makes a Chain. It refuses a configuration with parts missing, and steps that are not those of Order.
func New(config Config) (*Chain, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.MaxDeadline == 0 {
		config.MaxDeadline = DefaultMaxDeadline
	}
	if config.MinDeadline == 0 {
		config.MinDeadline = DefaultMinDeadline
	}
	if config.Audit == config.Logger {
		config.Audit = nil // one line says it all
	}
	c := &Chain{config: config, registered: map[string]bool{}}
	c.unknown = c.newMethod(unknownMethod, false, false)
	c.steps = []step{
		c.recoverStep(), c.requestIDStep(), c.traceStep(), c.metricsStep(), c.logStep(), c.wireStep(), c.auditStep(),
		c.identifyStep(), c.authorizeStep(), c.deadlineStep(), c.rateStep(), c.validateStep(),
	}
	if err := inOrder(c.steps, Order()); err != nil {
		return nil, err
	}
	return c, nil
}

// inOrder compares the steps with their wanted order, so that moving one is a decision and not an accident.
func inOrder(steps []step, order []string) error {
	if len(steps) != len(order) {
		return errors.New("intercept: steps are missing or too many")
	}
	for i, s := range steps {
		if s.name != order[i] {
			return errors.New("intercept: step " + s.name + " stands where " + order[i] + " should")
		}
	}
	return nil
}
