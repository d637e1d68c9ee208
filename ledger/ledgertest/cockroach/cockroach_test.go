package cockroach_test

import (
	"errors"
	"testing"

	"github.com/poruka/poruka/ledger/ledgertest/cockroach"
)

func TestWithoutAServerNothingIsStarted(t *testing.T) {
	t.Setenv("PORUKA_TEST_COCKROACH_URL", "")
	t.Setenv("COCKROACH_BINARY", "")
	t.Setenv("PATH", t.TempDir())
	if _, err := cockroach.Open(); !errors.Is(err, cockroach.ErrMissing) {
		t.Errorf("error %v, want ErrMissing", err)
	}
}

func TestDatabase(t *testing.T) {
	s := cockroach.Start(t)
	if one, two := s.NewDatabase(t), s.NewDatabase(t); one == two {
		t.Error("the same database twice")
	}
}
