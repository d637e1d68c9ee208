package main

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/portal"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/group"
	"github.com/poruka/poruka/ledger/seal"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// sealer makes accounts as the gateway makes them of what the portal puts: parsed, sealed, indexed under the gateway's key ring. Only
// they are not stored by the gateway but by COPY.
type sealer struct {
	population *people.Population
	portal     *portal.Service
}

// nowhere is a ledger that is empty and stays so.
type nowhere struct{ ledger.Reader }

// Transact lets a decision be made and forgets it.
func (nowhere) Transact(_ context.Context, _ ledger.Keys, decide func(*ledger.View) error) error {
	return ledger.NewView(ledger.Loaded{}).Try(decide)
}

func newSealer(population *people.Population, ring *seal.Ring) (*sealer, error) {
	committer, err := group.New(group.Config{Ledger: nowhere{}, Writers: 2})
	if err != nil {
		return nil, err
	}
	service, err := portal.New(portal.Config{Committer: committer, Reader: nowhere{}, Ring: ring, Clock: time.Now})
	return &sealer{population, service}, err
}

// account makes the account of a person, with the number that the person has in the population.
func (s *sealer) account(ctx context.Context, p people.Account) (ledger.Account, error) {
	profile, err := s.portal.ParseProfile(portal.RawProfile{
		Person: p.Person, PhoneVerified: p.PhoneVerified, EmailVerified: p.EmailVerified, Previous: p.Previous,
	})
	if err != nil {
		return ledger.Account{}, err
	}
	id, err := ledger.ParseAccountID(p.AccountID)
	if err != nil {
		return ledger.Account{}, err
	}
	stored, err := s.portal.Put(ctx, portal.Put{
		ID: id, Level: ledger.Level(porukav1.Account_Level_value[p.Level]), Method: ledger.Method(porukav1.Account_Method_value[p.Method]),
		Profile: profile, Registry: ledger.RegistryStatus(porukav1.Account_RegistryStatus_value[p.RegistryStatus]), RegistryAt: p.RegistryTime,
	})
	return stored.Account, err
}

// batch is some accounts, ready to be stored, and what banks say of those that can be raised.
type batch struct {
	rows   []byte
	snils  []ledger.Index
	bodies [][]byte
	err    error
}

const batchSize = 2000

// batches makes the first accounts of the population on both processors.
func (s *sealer) batches(ctx context.Context, accounts int) <-chan batch {
	out, from := make(chan batch, 4), make(chan int)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for n := range from {
				out <- s.batch(ctx, n, min(n+batchSize, accounts))
			}
		})
	}
	go func() {
		for n := 0; n < accounts && ctx.Err() == nil; n += batchSize {
			from <- n
		}
		close(from)
		all.Wait()
		close(out)
	}()
	return out
}

func (s *sealer) batch(ctx context.Context, from, to int) (b batch) {
	now := time.Now()
	for _, p := range s.population.Range(uint64(from), uint64(to)) {
		a, err := s.account(ctx, p)
		if err != nil {
			b.err = err
			return b
		}
		b.rows = appendRow(b.rows, a)
		if !a.SNILS.IsZero() {
			b.snils = append(b.snils, a.SNILS)
		}
		if !development.Raisable(p, now) {
			continue
		}
		claim, err := body(development.Claim(p))
		if err != nil {
			b.err = err
			return b
		}
		b.bodies = append(b.bodies, claim)
	}
	return b
}

// The binary form of COPY: the fastest way to bring rows into the server.
const (
	copyAccounts = "COPY account (id, level, method, version, confirmed_by, confirmed_at, confirmation, registry, registry_at, wrapped_key, box, " +
		"digest, snils, inn, phone, created_at, updated_at) FROM STDIN (FORMAT binary)"
	copyHead = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyTail = "\xff\xff"
)

func copyRows(ctx context.Context, conn *pgx.Conn, rows io.Reader) error {
	_, err := conn.PgConn().CopyFrom(ctx, rows, copyAccounts)
	return err
}

func appendRow(to []byte, a ledger.Account) []byte {
	to = binary.BigEndian.AppendUint16(to, 17)
	to = appendField(to, a.ID[:], false)
	to = appendField(to, []byte{0, byte(a.Level)}, false)
	to = appendField(to, []byte{0, byte(a.Method)}, false)
	to = appendField(to, binary.BigEndian.AppendUint64(nil, uint64(a.Version)), false)
	to = appendField(to, []byte(a.ConfirmedBy), false)
	to = appendTime(to, a.ConfirmedAt)
	to = appendField(to, a.Confirmation[:], a.Confirmation.IsZero())
	to = appendField(to, []byte{0, byte(a.Registry)}, false)
	to = appendTime(to, a.RegistryAt)
	to = appendField(to, a.Profile.WrappedKey, false)
	to = appendField(to, a.Profile.Box, false)
	to = appendField(to, a.Digest[:], false)
	to = appendField(to, a.SNILS[:], a.SNILS.IsZero())
	to = appendField(to, a.INN[:], a.INN.IsZero())
	to = appendField(to, a.Phone[:], a.Phone.IsZero())
	to = appendTime(to, a.CreatedAt)
	return appendTime(to, a.UpdatedAt)
}

func appendField(to, value []byte, null bool) []byte {
	if null {
		return binary.BigEndian.AppendUint32(to, 1<<32-1)
	}
	return append(binary.BigEndian.AppendUint32(to, uint32(len(value))), value...)
}

// serverEpoch is that of PostgreSQL, in microseconds of Unix time.
const serverEpoch = 946_684_800_000_000

func appendTime(to []byte, t time.Time) []byte {
	return appendField(to, binary.BigEndian.AppendUint64(nil, uint64(t.UnixMicro()-serverEpoch)), t.IsZero())
}
