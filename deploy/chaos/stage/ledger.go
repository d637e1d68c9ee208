package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/poruka/poruka/gateway/server"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

// Keys gives the key ring of the gateways and the name of their log.
func (s *Stage) Keys(ctx context.Context) (ring *seal.Ring, origin string, err error) {
	ring, err = seal.File{Path: s.direct.KeyRing}.Load(ctx)
	return ring, s.direct.LogOrigin(), err
}

// Examine shows the ledger, with nothing between. Call it after Calm. Gateways go on meanwhile, but on the embedded ledger, which
// belongs to one process at a time: there they are drained before and started anew.
func (s *Stage) Examine(ctx context.Context, look func(ledger.Engine) error) (err error) {
	if s.cfg.Engine == Embedded {
		for _, g := range s.gates {
			if err := g.stop(); err != nil {
				return err
			}
		}
		defer func() { err = errors.Join(err, s.Calm(ctx)) }()
	}
	store, err := server.OpenLedger(ctx, s.direct, s.cfg.Clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("stage: the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return look(store)
}

// DatabaseURL leads to the ledger with nothing between.
func (s *Stage) DatabaseURL() string { return s.direct.DatabaseURL }

// alarms are what a gateway logs when the log needs an operator.
var alarms = []string{"the log is halted", "the signer refuses the log"}

// Alarms gives what the gateways have logged since Begin of a log that is halted, or that is not what was signed.
func (s *Stage) Alarms() (lines []string) {
	for line := range strings.Lines(s.tape.String()) {
		for _, alarm := range alarms {
			if strings.Contains(line, alarm) {
				lines = append(lines, "alarm: "+strings.TrimSpace(line))
			}
		}
	}
	return lines
}
