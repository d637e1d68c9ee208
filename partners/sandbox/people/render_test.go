package people_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"go.uber.org/goleak"

	"github.com/poruka/poruka/partners/sandbox/people"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func appendID(file []byte, a people.Account) []byte { return append(file, a.AccountID...) }

func TestRenderKeepsTheOrder(t *testing.T) {
	p := population(t, 3, today)
	for _, count := range []uint64{0, 1, 1999, 2000, 2001, 9000} {
		var want, got bytes.Buffer
		for _, a := range p.Range(0, count) {
			want.WriteString(a.AccountID)
		}
		var last uint64
		err := p.Render(t.Context(), &got, people.Rendering{Count: count, Append: appendID, Workers: 3, Done: func(n uint64) {
			if n <= last {
				t.Errorf("%d after %d", n, last)
			}
			last = n
		}})
		if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) || last != count {
			t.Errorf("%d accounts: %v, %d bytes, want %d; %d told", count, err, got.Len(), want.Len(), last)
		}
	}
}

// broken takes some bytes and fails.
type broken struct{ room int }

var errBroken = errors.New("disk full")

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestRenderEndsEarly(t *testing.T) {
	p := population(t, 3, today)
	whole := people.Rendering{Count: people.MaxCount, Append: appendID, Workers: 2}
	if err := p.Render(t.Context(), &broken{room: 300_000}, whole); !errors.Is(err, errBroken) {
		t.Errorf("%v, want that the disk is full", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	whole.Done = func(n uint64) {
		if n >= 6000 {
			cancel()
		}
	}
	if err := p.Render(ctx, io.Discard, whole); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
}

func BenchmarkRender(b *testing.B) {
	p := population(b, 1, today)
	r := people.Rendering{Count: 10_000, Workers: 2, Append: func(file []byte, a people.Account) []byte {
		return fmt.Append(file, a.AccountID, a.Person.FamilyName)
	}}
	for b.Loop() {
		if err := p.Render(b.Context(), io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
