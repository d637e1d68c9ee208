package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/poruka/poruka/partners/sandbox/banks"
)

// eventPatience is how long the events of what was told last may take: they follow the log, which is a second or two behind.
const eventPatience = 30 * time.Second

// checkEvents finds that each bank has received an event of everything that it was told, in the order of the log.
func (f *findings) checkEvents(ctx context.Context, servers *demoServers, answers []told) error {
	due := map[string]map[string]bool{}
	for _, t := range recorded(answers) {
		if due[t.bank] == nil {
			due[t.bank] = map[string]bool{}
		}
		due[t.bank][idOf(t.answer.GetName())] = true
	}
	ctx, cancel := context.WithTimeout(ctx, eventPatience)
	defer cancel()
	for id, bank := range servers.banks {
		if missing := awaitEvents(ctx, bank, due[id]); missing > 0 {
			f.addf("%s has not received the events of %d of its answers", id, missing)
		}
		if err := f.inOrder(bank); err != nil {
			return err
		}
	}
	return nil
}

// awaitEvents waits until a bank has the events with these ids, and gives how many it still has not when ctx ends.
func awaitEvents(ctx context.Context, bank *banks.Bank, missing map[string]bool) int {
	for {
		for _, e := range bank.Events() {
			delete(missing, e.ID)
		}
		if len(missing) == 0 {
			return 0
		}
		select {
		case <-time.After(logPause):
		case <-ctx.Done():
			return len(missing)
		}
	}
}

// inOrder counts the events of a bank, and finds that they came in the order of the log.
func (f *findings) inOrder(bank *banks.Bank) error {
	last := int64(-1)
	for _, e := range bank.Events() {
		var body struct {
			Sequence int64 `json:"sequence"`
			Previous int64 `json:"previousSequence"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return fmt.Errorf("an event of %s: %w", bank.ID(), err)
		}
		if body.Sequence <= last || body.Previous != last {
			f.addf("%s received the event at %d, said to follow %d, after that at %d", bank.ID(), body.Sequence, body.Previous, last)
		}
		last = body.Sequence
		f.events++
	}
	return nil
}
