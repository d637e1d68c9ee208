package development

import (
	"context"
	"os"
	"strings"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/notify"
	"github.com/poruka/poruka/ledger/seal"
)

// writeEventKeys writes the public keys of events, with which their receivers check them, next to the rest.
func writeEventKeys(ctx context.Context, c config.Config) error {
	ring, err := seal.File{Path: c.KeyRing}.Load(ctx)
	if err != nil {
		return err
	}
	text := "# Who signs events: key, and since when.\n" + strings.Join(notify.PublicKeys(ring), "\n") + "\n"
	return os.WriteFile(c.EventKeys(), []byte(text), 0o644) //nolint:gosec // public
}
