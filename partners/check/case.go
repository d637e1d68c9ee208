package check

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Case is one thing that a bank and a gateway must agree about.
type Case struct {
	ID    string // stable, for example replay
	Title string // what is done
	Wants string // what must come of it
	Run   func(ctx context.Context, b *Bank) error
}

// Result is what came of a case.
type Result struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	Wants  string        `json:"wants"`
	Passed bool          `json:"passed"`
	Detail string        `json:"detail,omitempty"` // of a failure: what was wanted and what came, in one line
	Took   time.Duration `json:"-"`
	Millis int64         `json:"tookMillis"`
}

// caseTimeout bounds one case; the longest wait for a few answers one after the other.
const caseTimeout = 30 * time.Second

// ErrUnreachable says that there is no gateway to check.
var ErrUnreachable = errors.New("check: no gateway answers")

// Run runs cases one after the other, no faster than the bank may send. progress is called before each case with the number of those that are done. The error is that of
// ctx, or wraps ErrUnreachable when the gateway is not there; whatever else goes wrong is a result.
func Run(ctx context.Context, b *Bank, cases []Case, progress func(done int, next Case)) ([]Result, error) {
	if _, err := b.Describe(ctx); err != nil {
		return nil, err
	}
	results := make([]Result, 0, len(cases))
	for i, c := range cases {
		progress(i, c)
		result := b.run(ctx, c)
		if err := ctx.Err(); err != nil {
			return results, err
		}
		results = append(results, result)
		if result.Passed {
			continue
		}
		if _, err := b.Describe(ctx); errors.Is(err, ErrUnreachable) {
			return results, fmt.Errorf("%w; the case %s was under way", err, c.ID)
		}
	}
	return results, nil
}

func (b *Bank) run(ctx context.Context, c Case) Result {
	ctx, cancel := context.WithTimeout(ctx, caseTimeout)
	defer cancel()
	began := b.cfg.Clock()
	err := c.Run(ctx, b)
	took := b.cfg.Clock().Sub(began)
	result := Result{ID: c.ID, Title: c.Title, Wants: c.Wants, Passed: err == nil, Took: took, Millis: took.Milliseconds()}
	if err != nil {
		result.Detail = oneLine(err)
	}
	return result
}
