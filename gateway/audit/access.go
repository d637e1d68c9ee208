package audit

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/poruka/poruka/gateway/refusal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
)

// AccessConfig is what Accesses need. All of it is required.
type AccessConfig struct {
	Committer *group.Committer
	Log       ledger.Log
	Ring      *seal.Ring
	Clock     func() time.Time
}

// Accesses records in the ledger what compliance staff look at: who guards is guarded too. Make one with NewAccesses. It is safe
// for concurrent use.
type Accesses struct{ cfg AccessConfig }

// NewAccesses makes Accesses.
func NewAccesses(cfg AccessConfig) (*Accesses, error) {
	if cfg.Committer == nil || cfg.Log == nil || cfg.Ring == nil || cfg.Clock == nil {
		return nil, errors.New("audit: committer, log, ring and clock are required")
	}
	return &Accesses{cfg: cfg}, nil
}

// Access is one look: a search, a view or an export.
type Access struct {
	Method string // of AuditService
	Filter ledger.Filter
	Format Format // of an export
	Serial string // serial number of the client certificate, hexadecimal
}

// accessPurpose names digests of accesses.
const accessPurpose = "access"

// staffLane keeps accesses from holding up decisions. No bank has this id.
const staffLane = group.Lane(ledger.StaffID)

// accessStyle is the style of these entries: staff use our own API.
const accessStyle = "native"

// Record stores that somebody looks. Whoever shows something must do so first, and show nothing when it fails. Errors are faults: of
// a filter that cannot mean anything, and those of the ledger.
func (a *Accesses) Record(ctx context.Context, look Access) error {
	if err := check(look.Filter); err != nil {
		return err
	}
	head, err := a.cfg.Log.LogHead(ctx)
	if err != nil {
		return refusal.Ledger(err)
	}
	detail := look.detail(head.Size)
	e := ledger.Entry{
		ID: a.cfg.Ring.EntryID(ledger.StaffID, uuid.NewString()), Kind: ledger.KindAccess, Partner: ledger.StaffID,
		Digest: a.cfg.Ring.Digest(accessPurpose, []byte(detail)), Style: accessStyle, Serial: look.Serial,
		DecidedAt: a.cfg.Clock().UTC().Truncate(time.Microsecond), Encoding: ledger.EncodingVersion, Detail: detail,
	}
	keys := ledger.Keys{Entries: []ledger.EntryID{e.ID}}
	_, err = group.Do(ctx, a.cfg.Committer, staffLane, keys, func(v *ledger.View) (struct{}, error) {
		if _, stored := v.Entry(e.ID); !stored { // an attempt before this one may have got through
			v.AddEntry(e)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return refusal.Ledger(err)
	}
	return nil
}

// detail tells what is looked at; what chooses everything is left out.
func (a Access) detail(size int64) string {
	var pairs []string
	for _, pair := range [...][2]string{
		{"method", a.Method},
		{"from", stamp(a.Filter.From)},
		{"to", stamp(a.Filter.To)},
		{"bank", string(a.Filter.Partner)},
		{"outcome", a.Filter.Outcome.String()},
		{"format", a.Format.name()},
		{"head", strconv.FormatInt(size, 10)},
	} {
		if pair[1] != "" {
			pairs = append(pairs, pair[0]+"="+pair[1])
		}
	}
	return strings.Join(pairs, " ")
}

// name is empty for what is no export.
func (f Format) name() string {
	switch f {
	case CSV:
		return "csv"
	case JSONL:
		return "jsonl"
	default:
		return ""
	}
}
