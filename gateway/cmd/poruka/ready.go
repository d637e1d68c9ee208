package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/poruka/poruka/gateway/observe"
)

// readyCmd asks the ops listener of a gateway on this machine. Containers that hold nothing but the binary are probed with it.
type readyCmd struct {
	OpsAddress string        `name:"ops-address" help:"Where the gateway of this machine serves its health." default:"127.0.0.1:9464" placeholder:"HOST:PORT"`
	Timeout    time.Duration `help:"How long to wait for the answer." default:"3s" placeholder:"TIME"`
}

// Help is shown by --help.
func (*readyCmd) Help() string {
	return `For the health check of a container, or a script that waits: the ops listener answers this machine alone.

Exit code 1: it is not ready, and why. Exit code 3: no gateway answers.

Example:

    poruka ready --ops-address 127.0.0.1:9464
`
}

// Run asks.
func (c *readyCmd) Run(ctx context.Context, s *streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.OpsAddress+"/readyz", http.NoBody)
	if err != nil {
		return wrongUsef("--ops-address must be HOST:PORT, not %q", c.OpsAddress)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return fmt.Errorf("no gateway answers at %s: %w", c.OpsAddress, err)
	}
	defer response.Body.Close()
	var health observe.Readiness
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<20)).Decode(&health); err != nil {
		return fmt.Errorf("what answers at %s is no gateway: %w", c.OpsAddress, err)
	}
	if s.JSON {
		err = s.printJSON(health)
	} else if health.Ready {
		_, err = fmt.Fprintln(s.Out, "ready")
	}
	switch {
	case err != nil || health.Ready:
		return err
	case s.JSON:
		return answerNo()
	default:
		return answerNof("not ready: %s", ailing(health))
	}
}

func ailing(health observe.Readiness) string {
	var parts []string
	for _, check := range health.Checks {
		if !check.OK {
			parts = append(parts, check.Name+": "+check.Error)
		}
	}
	return strings.Join(parts, "; ")
}
