package faults

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/ledgertest/pgproxy"
)

// full has every connection wait for the server; one more caller is told soon, and when the server answers all is as before.
func full(t *testing.T, r *rig) {
	var subjects []int
	for range rigConns + 1 {
		subjects = append(subjects, r.subject(t))
	}
	held := make(chan struct{}, rigConns)
	r.proxy.Apply(func(s pgproxy.Statement) pgproxy.Fault {
		if s.Key() != r.FindAccount {
			return pgproxy.Fault{}
		}
		held <- struct{}{}
		return pgproxy.Fault{Kind: pgproxy.Hold}
	})
	var holders sync.WaitGroup
	for _, n := range subjects[:rigConns] {
		holders.Go(func() {
			if _, err := insist(t.Context(), r.through, n); err != nil {
				t.Errorf("held: %v", err)
			}
		})
		<-held
	}
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := confirm(patient, r.through, subjects[rigConns])
	if !errors.Is(err, ledger.ErrUnavailable) || patient.Err() != nil {
		t.Errorf("error %v, want ErrUnavailable before the caller's time is over", err)
	}
	if _, err := r.through.Entry(patient, entry(subjects[rigConns]).ID); !errors.Is(err, ledger.ErrUnavailable) || patient.Err() != nil {
		t.Errorf("reading: error %v, want ErrUnavailable before the caller's time is over", err)
	}
	r.proxy.Apply(nil)
	r.proxy.Release()
	holders.Wait()
	r.isRepeated(t, subjects[rigConns], err)
	for _, n := range subjects[:rigConns] {
		if !isStored(t, r.straight, n) {
			t.Error("what was held is not stored")
		}
	}
}

// frozen stops everything at the decision, until the caller's time is over.
func frozen(t *testing.T, r *rig) {
	for _, statement := range []string{r.FindAccount, r.Decide} {
		n := r.subject(t)
		r.proxy.Apply(func(s pgproxy.Statement) pgproxy.Fault {
			if s.Key() == statement {
				r.proxy.Freeze()
			}
			return pgproxy.Fault{}
		})
		soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := confirm(soon, r.through, n)
		cancel()
		if err == nil {
			t.Errorf("%s: acknowledged by a frozen server", statement)
		}
		r.proxy.Thaw()
		r.isRepeated(t, n, err)
	}
}

// refused cuts every line and lets no new one be made.
func refused(t *testing.T, r *rig) {
	n := r.subject(t)
	r.proxy.Refuse()
	r.proxy.Cut()
	_, err := confirm(t.Context(), r.through, n)
	if !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
	if err := r.through.Ping(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("ping: %v, want ErrUnavailable", err)
	}
	r.proxy.Admit()
	r.isRepeated(t, n, err)
}
