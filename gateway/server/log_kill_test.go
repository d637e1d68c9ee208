package server_test

import (
	"strings"
	"testing"

	formats "github.com/transparency-dev/formats/log"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// history is what somebody has kept of the log while its gateway was killed again and again.
type history struct {
	dir  string
	kept []*formats.Checkpoint
}

// look keeps the newest checkpoint, if there is one.
func (h *history) look(t *testing.T, c *child) {
	t.Helper()
	if newest := h.newest(t, c); newest != nil {
		h.kept = append(h.kept, newest)
	}
}

func (h *history) newest(t *testing.T, c *child) *formats.Checkpoint {
	t.Helper()
	conn := c.dial("operator")
	defer conn.Close()
	got, err := porukav1.NewLogServiceClient(conn).ProveConsistency(t.Context(), &porukav1.ProveConsistencyRequest{FromSize: 1})
	if status.Code(err) == codes.FailedPrecondition { // nothing is signed
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return parseCheckpoint(t, []byte(got.GetCheckpoint()), verifierOf(t, h.dir))
}

// compare finds that all that was answered is in the log, and that the log goes on from each checkpoint that was kept.
func (h *history) compare(t *testing.T, c *child, m *memory) {
	t.Helper()
	entries := len(allRecords(t, c))
	await(t, "a checkpoint of all entries", func() bool { newest := h.newest(t, c); return newest != nil && newest.Size >= uint64(entries) })
	conn := c.dial("compliance")
	defer conn.Close()
	log := porukav1.NewLogServiceClient(conn)
	sizes := map[uint64]bool{}
	for _, older := range h.kept {
		sizes[older.Size] = true
		consistent(t, log, older, verifierOf(t, h.dir))
	}
	if len(sizes) < 2 {
		t.Errorf("checkpoints of %d sizes were kept: the log did not grow", len(sizes))
	}
	keys, proved := keysOf(t, h.dir), 0
	for _, answer := range m.answered {
		if proved++; proved%10 > 0 {
			continue
		}
		got, err := log.ProveInclusion(t.Context(), &porukav1.ProveInclusionRequest{Id: strings.TrimPrefix(answer.GetName(), "confirmations/")})
		if err != nil {
			t.Fatal(err)
		}
		included(t, got.GetProof(), verifierOf(t, h.dir))
		promised(t, keys, answer, [][32]byte{[32]byte(got.GetProof().GetRecord())})
	}
}
