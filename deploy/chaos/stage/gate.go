package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/poruka/poruka/deploy/chaos/trial"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/gateway/server"
)

// drainPatience is more than anything takes once the lines are cut.
const drainPatience = 5 * time.Second

// gate is one gateway and the lines of its callers.
type gate struct {
	stage    *Stage
	number   int
	settings config.Config

	changing sync.Mutex // one start or stop at a time

	mu      sync.Mutex
	running *server.Server // nil: there is none
	cancel  context.CancelFunc
	ended   chan error
	lines   map[string]*grpc.ClientConn // by caller
}

// start starts the gateway unless it runs.
func (g *gate) start(ctx context.Context) error {
	g.changing.Lock()
	defer g.changing.Unlock()
	if g.running != nil {
		return nil
	}
	logger, err := observe.NewLogger(observe.LogConfig{Writer: g.stage.tape, Level: g.settings.Log.Level})
	if err != nil {
		return err
	}
	s, err := server.New(ctx, server.Config{Config: g.settings, Version: "chaos", Logger: logger, Clock: g.stage.cfg.Clock})
	if err != nil {
		return err
	}
	life, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(life) }()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running, g.cancel, g.ended, g.lines = s, cancel, ended, map[string]*grpc.ClientConn{}
	return nil
}

// stop drains the gateway if it runs. Its callers' lines are cut behind it.
func (g *gate) stop() error {
	g.changing.Lock()
	defer g.changing.Unlock()
	if g.running == nil {
		return nil
	}
	g.cancel()
	err := <-g.ended
	g.hangUp()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = nil
	if err != nil {
		return fmt.Errorf("gateway %d does not end well: %w", g.number, err)
	}
	return nil
}

// hangUp cuts the lines of all callers.
func (g *gate) hangUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, line := range g.lines {
		_ = line.Close()
	}
	g.lines = nil
}

// conn gives the line of a caller.
func (g *gate) conn(caller string) grpc.ClientConnInterface {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running == nil || g.lines == nil {
		return nobody{}
	}
	if line := g.lines[caller]; line != nil {
		return line
	}
	line, err := development.ProfileOf(g.stage.cfg.Dir, caller, g.running.GRPCAddress(), g.running.RESTAddress()).Dial()
	if err != nil {
		return nobody{}
	}
	g.lines[caller] = line
	return line
}

// nobody is a line to a gateway that is not there.
type nobody struct{}

// Invoke fails.
func (nobody) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return trial.ErrNobody
}

// NewStream fails.
func (nobody) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, trial.ErrNobody
}

// restart drains the gateway and starts it anew.
func (g *gate) restart(ctx context.Context) {
	_ = g.stop()
	g.startUnder(ctx)
}

// drop takes all lines from the gateway, as its death would, and starts another.
func (g *gate) drop(ctx context.Context) {
	if g.number < len(g.stage.proxies) {
		proxy := g.stage.proxies[g.number]
		proxy.Refuse()
		proxy.Cut()
		defer g.startUnder(ctx)
		defer proxy.Admit()
	} else {
		defer g.startUnder(ctx)
	}
	g.hangUp()
	_ = g.stop()
}

// startUnder starts the gateway in spite of faults; what does not come up before they end is started by Calm.
func (g *gate) startUnder(ctx context.Context) {
	for ctx.Err() == nil {
		if err := g.start(ctx); err == nil || errors.Is(err, context.Canceled) {
			return
		}
		wait(ctx, 5*time.Millisecond)
	}
}

// wait waits, but not beyond the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
