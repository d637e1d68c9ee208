package main

import (
	"context"
	"sync/atomic"

	"github.com/poruka/poruka/ledger/crdb"
	"github.com/poruka/poruka/ledger/group"
)

// layer is the ledger without a gateway: grouped decisions on the engine, as many at a time as a gateway runs.
type layer struct {
	store     *crdb.Store
	committer *group.Committer

	transactions, retries atomic.Int64
}

func openLayer(ctx context.Context, url string) (*layer, error) {
	l := &layer{}
	store, err := crdb.Open(ctx, crdb.Config{URL: url, Observe: func(t crdb.Transaction) {
		l.transactions.Add(1)
		l.retries.Add(int64(t.Attempts - 1))
	}})
	if err != nil {
		return nil, err
	}
	l.store = store
	l.committer, err = group.New(group.Config{Ledger: store, Writers: 2})
	return l, err
}

// raise raises any account of d.
func (l *layer) raise(d *database) call {
	return func(ctx context.Context, _ int, _ int64) error { return raise(ctx, l.committer, d.anyAccount()) }
}

// retried is how many attempts a transaction needed beyond the first, on average.
func (l *layer) retried() float64 {
	return float64(l.retries.Load()) / float64(max(1, l.transactions.Load()))
}

func (l *layer) close() {
	_ = l.committer.Close(context.Background())
	_ = l.store.Close()
}
