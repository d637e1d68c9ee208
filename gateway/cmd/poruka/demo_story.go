package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/partners"
)

// demoStory is what the banks do, and what they were told.
type demoStory struct {
	gateway   *demoGateway
	witness   *witness
	accounts  int
	customers int // each bank's, in bulk

	mutex   sync.Mutex
	answers []told
	ways    map[string]int // answers by the way in which they came
	before  map[string]porukav1.Account_Level
	bar     *progress
}

// play lets all banks act at the same time, each with customers of its own, and then each with a customer whom its neighbour
// has confirmed. It returns what did not go as it should; an error is that of ctx, or of the preparations.
func (d *demoStory) play(ctx context.Context, s *streams, ids []partners.ID) (wrong []string, err error) {
	d.ways, d.before = map[string]int{}, map[string]porukav1.Account_Level{}
	banks, err := d.cast(ctx, ids)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, b := range banks {
			err = errors.Join(err, b.close())
		}
	}()
	total := 0
	for _, b := range banks {
		total += b.part.size()
	}
	d.bar = newProgress(s, "banks confirm", "answers", int64(total))
	defer d.bar.finish()

	complaints := make([][]error, len(banks))
	var acting sync.WaitGroup
	for i, b := range banks {
		acting.Go(func() { complaints[i] = b.act(ctx) })
	}
	acting.Wait()
	for i, b := range banks {
		neighbours := banks[(i+1)%len(banks)].part.lost
		neighbours.raised = true
		_, _, err := b.confirm(ctx, i, neighbours)
		complaints[i] = append(complaints[i], err)
	}
	for _, err := range slices.Concat(complaints...) {
		if err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong, ctx.Err()
}

// cast gives every bank its part, and notes the level of everybody whom it touches.
func (d *demoStory) cast(ctx context.Context, ids []partners.ID) (banks []*demoBank, err error) {
	for i, id := range ids {
		p, err := newCasting(d.gateway.population, i, len(ids), d.accounts, time.Now()).cast(d.customers)
		if err != nil {
			return banks, err
		}
		profile, err := d.gateway.profile(string(id))
		if err != nil {
			return banks, err
		}
		overGRPC, overREST, err := openDoors(profile)
		if err != nil {
			return banks, err
		}
		own, err := newDialectDoor(overREST, string(id), d.gateway.folder)
		if err != nil {
			return banks, err
		}
		banks = append(banks, &demoBank{
			id: string(id), grpc: overGRPC, rest: overREST, own: own, part: p, ring: d.hear, clock: time.Now,
			portal: d.witness.portal, server: d.gateway.servers.banks[string(id)],
		})
		if err := d.survey(ctx, p); err != nil {
			return banks, err
		}
	}
	return banks, nil
}

// survey reads the level of everybody whom the part touches, before it is touched.
func (d *demoStory) survey(ctx context.Context, p part) error {
	for _, e := range p.errands() {
		answer, err := d.witness.portal.GetAccount(ctx, &porukav1.GetAccountRequest{Id: e.account.AccountID})
		if err != nil {
			return fmt.Errorf("reading an account as it was: %w", client.Explain(err))
		}
		d.before[e.account.AccountID] = answer.GetAccount().GetLevel()
	}
	return nil
}

// hear notes an answer.
func (d *demoStory) hear(t told, way string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	t.before = d.before[t.account]
	d.answers = append(d.answers, t)
	d.ways[way]++
	d.bar.set(int64(len(d.answers)), int64(len(d.answers)))
}
