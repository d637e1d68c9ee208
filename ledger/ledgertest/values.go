package ledgertest

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func valueTests() map[string]func(*testing.T, suite) {
	return map[string]func(*testing.T, suite){
		"accounts at the edges":     accountValues,
		"entries at the edges":      entryValues,
		"times are in microseconds": timeValues,
		"text is text":              textValues,
		"views share no memory":     noSharedMemory,
	}
}

func accountValues(t *testing.T, s suite) {
	e := s.fresh(t)
	full := ledger.Account{
		ID: ledger.AccountID(bytes.Repeat([]byte{0xff}, 16)), Level: math.MaxUint8, Method: math.MaxUint8, Version: math.MaxInt64,
		ConfirmedBy: ledger.PartnerID(strings.Repeat("x", 64)), ConfirmedAt: moment(1), Confirmation: entryID(1),
		Registry: math.MaxUint8, RegistryAt: moment(2), Digest: index(3), INN: index(4),
		SNILS: ledger.Index(bytes.Repeat([]byte{0xff}, 32)), Phone: ledger.Index(bytes.Repeat([]byte{0x01}, 32)),
		Profile:   ledger.Sealed{WrappedKey: bytes.Repeat([]byte{0}, 1024), Box: bytes.Repeat([]byte{0xfe}, 64<<10)},
		CreatedAt: moment(3), UpdatedAt: moment(4),
	}
	lone := ledger.Account{ID: accountID(2), SNILS: ledger.Index{31: 1}, Phone: ledger.Index{0: 1}, Profile: ledger.Sealed{Box: []byte{0}}}
	empty := ledger.Account{ID: accountID(3), Profile: ledger.Sealed{WrappedKey: []byte{}, Box: []byte{}}}
	store(t, e, []ledger.Account{full, lone, empty}, nil)
	empty.Profile = ledger.Sealed{} // an empty slice comes back as none
	for _, want := range []ledger.Account{full, lone, empty} {
		got, err := e.Account(t.Context(), want.ID)
		must(t, err)
		same(t, "account", got, want)
		must(t, e.Transact(t.Context(), ledger.Keys{Accounts: []ledger.AccountID{want.ID}}, func(v *ledger.View) error {
			got, _ := v.Account(want.ID)
			same(t, "account in a view", got, want)
			return nil
		}))
	}
}

func entryValues(t *testing.T, s suite) {
	e := s.fresh(t)
	reasons := []ledger.Reason{
		ledger.ReasonNameClose, ledger.ReasonDocumentClose, ledger.ReasonPreviousPassport, ledger.ReasonNoMatchingAccount,
		ledger.ReasonNameDiffers, ledger.ReasonDocumentDiffers, ledger.ReasonINNDiffers, ledger.ReasonLevelTooLow,
		ledger.ReasonCheckInProgress, ledger.ReasonAccountLocked, ledger.ReasonPassportExpired, ledger.ReasonIssuedBefore14,
		ledger.ReasonPhoneNotBound, ledger.ReasonBankAccountInactive, ledger.ReasonAuthenticationStale, ledger.ReasonConsentMissing,
		ledger.ReasonMinorUnder14, ledger.ReasonMinorPolicy, ledger.ReasonSourceUnavailable,
	}
	var fields []ledger.FieldResult
	for field := ledger.FieldSNILS; field <= ledger.FieldEmail; field++ {
		fields = append(fields, ledger.FieldResult{Field: field, Comparison: ledger.Comparison(field) % 6})
	}
	long := strings.Repeat("ы", 32) // 64 bytes
	full := ledger.Entry{
		ID: ledger.EntryID(bytes.Repeat([]byte{0xff}, 16)), Kind: math.MaxUint8, Partner: ledger.PartnerID(long),
		Digest: index(1), Account: accountID(1), Outcome: math.MaxUint8, Reasons: reasons, Fields: fields,
		Before: math.MaxUint8, After: math.MaxUint8, Method: math.MaxUint8, Policy: long, Style: long, Serial: long,
		Means: math.MaxUint8, AuthedAt: moment(1), DecidedAt: moment(2), DryRun: true, Withdrawn: entryID(2), Encoding: math.MaxUint8,
		Detail: strings.Repeat("имя=значение ", 100), Commitments: everyCommitment(),
		Link: ledger.Link{
			Writer: [8]byte(bytes.Repeat([]byte{0xff}, 8)), Sequence: math.MaxUint64, Index: math.MaxUint16, Size: math.MaxUint16,
			Previous: [32]byte(bytes.Repeat([]byte{0xff}, 32)),
		},
		Mark: [32]byte(bytes.Repeat([]byte{0xff}, 32)),
	}
	least := ledger.Entry{ID: ledger.EntryID{15: 1}}
	empty := ledger.Entry{ID: entryID(3), Reasons: []ledger.Reason{}, Fields: []ledger.FieldResult{}, Commitments: []ledger.Commitment{}, Partner: ledger.PortalID}
	one := ledger.Entry{ID: entryID(4), Reasons: reasons[:1], Fields: fields[:1]}
	zero := ledger.Entry{ID: entryID(5), Fields: make([]ledger.FieldResult, 1), Commitments: make([]ledger.Commitment, 1)}
	linked := ledger.Entry{ID: entryID(6), Detail: " ", Link: ledger.Link{Previous: [32]byte{31: 1}}, Mark: [32]byte{31: 1}}
	store(t, e, nil, []ledger.Entry{full, least, empty, one, zero, linked})
	empty.Reasons, empty.Fields, empty.Commitments = nil, nil, nil
	want := []ledger.Entry{full, least, empty, one, zero, linked}
	same(t, "entries", all(t, e), want)
	for _, want := range want {
		got, err := e.Entry(t.Context(), want.ID)
		must(t, err)
		same(t, "entry", got, want)
	}
}

func everyCommitment() []ledger.Commitment {
	list := []ledger.Commitment{{Group: math.MaxUint8, Digest: [16]byte(bytes.Repeat([]byte{0xff}, 16))}}
	for group := ledger.GroupContact; group >= ledger.GroupName; group-- { // in no order of its own
		list = append(list, ledger.Commitment{Group: group, Digest: [16]byte{byte(group)}})
	}
	return list
}

func timeValues(t *testing.T, s suite) {
	e := s.fresh(t)
	zone := time.FixedZone("somewhere", 3*3600)
	for n, at := range []time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Unix(0, 1000).UTC(),
		time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 3, 1, 12, 30, 15, 123_456_789, zone),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		a, en := account(n), entry(n)
		a.ConfirmedAt, a.RegistryAt, a.CreatedAt, a.UpdatedAt = at, at, at, at
		en.AuthedAt, en.DecidedAt = at, at
		store(t, e, []ledger.Account{a}, []ledger.Entry{en})
		gotAccount, err := e.Account(t.Context(), a.ID)
		must(t, err)
		gotEntry, err := e.Entry(t.Context(), en.ID)
		must(t, err)
		want := at.UTC().Truncate(time.Microsecond)
		for name, got := range map[string]time.Time{
			"ConfirmedAt": gotAccount.ConfirmedAt, "RegistryAt": gotAccount.RegistryAt, "CreatedAt": gotAccount.CreatedAt,
			"UpdatedAt": gotAccount.UpdatedAt, "AuthedAt": gotEntry.AuthedAt, "DecidedAt": gotEntry.DecidedAt,
		} {
			if !got.Equal(want) || got.Location() != time.UTC || got.IsZero() != at.IsZero() {
				t.Errorf("%s: %v came back as %v, want %v", name, at, got, want)
			}
		}
	}
}

func textValues(t *testing.T, s suite) {
	e := s.fresh(t)
	for n, text := range []string{`'; drop table entries; --`, `"`, `$1 ? :a @b %s \`, "строка, с запятой", "a\nb\tc", " ", "NULL", "0x41"} {
		en, a := entry(n), account(n)
		en.Partner, en.Policy, en.Style, en.Serial = ledger.PartnerID(text), text, text, text
		a.ConfirmedBy = ledger.PartnerID(text)
		store(t, e, []ledger.Account{a}, []ledger.Entry{en})
		got, err := e.Entry(t.Context(), en.ID)
		must(t, err)
		same(t, "entry", got, en)
		gotAccount, err := e.Account(t.Context(), a.ID)
		must(t, err)
		same(t, "account", gotAccount, a)
		same(t, "filtered", listed(t, e, ledger.Filter{Partner: en.Partner}, ledger.Page{Limit: 10}), []ledger.Entry{en})
		must(t, e.Suspend(t.Context(), ledger.Suspension{Partner: en.Partner, By: text, Note: text}))
	}
	suspensions, err := e.Suspensions(t.Context())
	must(t, err)
	for _, s := range suspensions {
		same(t, "suspension", [2]string{s.By, s.Note}, [2]string{string(s.Partner), string(s.Partner)})
	}
	same(t, "suspensions", len(suspensions), 8)
}

func noSharedMemory(t *testing.T, s suite) {
	e := s.fresh(t)
	store(t, e, []ledger.Account{account(1)}, []ledger.Entry{entry(1)})
	spoil := func(a ledger.Account) {
		for i := range a.Profile.Box {
			a.Profile.Box[i] = 0
		}
	}
	a, err := e.Account(t.Context(), accountID(1))
	must(t, err)
	spoil(a)
	must(t, e.Transact(t.Context(), keysOf(1), func(v *ledger.View) error {
		a, _ := v.Account(accountID(1))
		spoil(a)
		return nil
	}))
	a, err = e.Account(t.Context(), accountID(1))
	must(t, err)
	same(t, "account", a, account(1))
}
