package seal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/seal"
)

var (
	account = ledger.AccountID{0x10, 0x32, 0x54, 15: 0x76}
	other   = ledger.AccountID{0x10, 0x32, 0x54, 15: 0x77}
)

const requestID = "7b0c1e9e-6a5f-4a52-9f0c-1f2d3c4b5a69"

func ring(t testing.TB) *seal.Ring {
	t.Helper()
	return need(t)(seal.Generate(seal.Development))
}

// need gives the value of a call that must not fail.
func need(t testing.TB) func(*seal.Ring, error) *seal.Ring {
	return func(r *seal.Ring, err error) *seal.Ring {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func rotate(t testing.TB, r *seal.Ring, purpose seal.Purpose) *seal.Ring {
	t.Helper()
	next, _, err := r.Rotate(purpose)
	return need(t)(next, err)
}

func TestGeneratedRingHasOnePrimaryKeyForEachPurpose(t *testing.T) {
	r := ring(t)
	if !r.Development() || r.Environment() != seal.Development || r.Created().IsZero() {
		t.Errorf("a development ring says %q, made %v", r.Environment(), r.Created())
	}
	var purposes []seal.Purpose
	for _, key := range r.Keys() {
		purposes = append(purposes, key.Purpose)
		if !key.Primary || key.ID == 0 || key.Created.IsZero() {
			t.Errorf("key %+v: not primary, or without id or birthday", key)
		}
	}
	if !slices.Equal(purposes, seal.Purposes()) {
		t.Errorf("keys for %v", purposes)
	}
	if production, err := seal.Generate(seal.Production); err != nil || production.Development() {
		t.Errorf("a production ring: %v", err)
	}
	if _, err := seal.Generate("staging"); !errors.Is(err, seal.ErrEnvironment) {
		t.Errorf("an unknown environment gives %v", err)
	}
}

func TestRotationKeepsWhatIsOld(t *testing.T) {
	old := ring(t)
	sealed, err := old.Seal(account, []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	entry := old.EntryID("sberbank", requestID)
	digest := old.Digest("request", []byte("body"))
	snils := old.SNILS("11223344595")

	r := rotate(t, rotate(t, rotate(t, old, seal.Data), seal.Request), seal.Request)
	if got, err := r.Open(account, sealed); err != nil || string(got) != "old" {
		t.Errorf("old data after rotation: %q, %v", got, err)
	}
	if r.EntryID("sberbank", requestID) == entry {
		t.Error("the new request key gives the id of the old one")
	}
	ids := r.EntryIDs("sberbank", requestID)
	if len(ids) != 3 || ids[0] != r.EntryID("sberbank", requestID) || ids[2] != entry {
		t.Errorf("candidates %v, want the new id, one between, and the old %v", ids, entry)
	}
	if r.Digest("request", []byte("body")) == digest {
		t.Error("the new request key gives the digest of the old one")
	}
	if !r.SameDigest(digest, "request", []byte("body")) || r.SameDigest(digest, "request", []byte("bodx")) {
		t.Error("SameDigest does not tell an old digest")
	}
	if r.SNILS("11223344595") != snils {
		t.Error("the blind index changed")
	}
}

func TestRotationSealsUnderTheNewKey(t *testing.T) {
	old := ring(t)
	r := rotate(t, old, seal.Data)
	sealed, err := r.Seal(account, []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Open(account, sealed); !errors.Is(err, seal.ErrKeyMissing) {
		t.Errorf("the ring without the new key says %v, want that it lacks the key", err)
	}
	before, _ := old.Seal(account, []byte("old"))
	after, changed, err := r.Rewrap(account, before)
	if err != nil || !changed {
		t.Fatalf("rewrap: changed %v, %v", changed, err)
	}
	if _, err := old.Open(account, after); !errors.Is(err, seal.ErrKeyMissing) {
		t.Errorf("what is rewrapped still opens under the old key alone: %v", err)
	}
	if got, err := r.Open(account, after); err != nil || string(got) != "old" {
		t.Errorf("what is rewrapped opens as %q, %v", got, err)
	}
	if _, changed, err := r.Rewrap(account, after); changed || err != nil {
		t.Errorf("rewrapping twice: changed %v, %v", changed, err)
	}
	if _, _, err := r.Rewrap(other, before); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("rewrapping for another account: %v", err)
	}
}

func TestStagedKeyOnlyReads(t *testing.T) {
	first := ring(t)
	staged, id, err := first.Stage(seal.Data)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := staged.Seal(account, []byte("x"))
	if _, err := first.Open(account, sealed); err != nil {
		t.Errorf("a server without the staged key cannot read what one with it writes: %v", err)
	}
	promoted := need(t)(staged.Promote(seal.Data, id))
	sealed, _ = promoted.Seal(account, []byte("x"))
	if _, err := staged.Open(account, sealed); err != nil {
		t.Errorf("a server with the staged key cannot read what is written after promotion: %v", err)
	}

	staged, id, err = first.Stage(seal.Request)
	if err != nil {
		t.Fatal(err)
	}
	if staged.EntryID("vtb", requestID) != first.EntryID("vtb", requestID) {
		t.Error("a staged request key makes new ids")
	}
	promoted = need(t)(staged.Promote(seal.Request, id))
	if !slices.Contains(staged.EntryIDs("vtb", requestID), promoted.EntryID("vtb", requestID)) {
		t.Error("a server with the staged key does not look for what is written after promotion")
	}
	if _, err := first.Promote(seal.Data, id); !errors.Is(err, seal.ErrKey) {
		t.Errorf("promoting a key that is not there: %v", err)
	}
}

func TestIndexKeyIsNotRotated(t *testing.T) {
	r := ring(t)
	if _, _, err := r.Rotate(seal.Index); !errors.Is(err, seal.ErrIndexRotation) {
		t.Errorf("rotating the index key: %v", err)
	}
	if _, err := r.Promote(seal.Index, 1); !errors.Is(err, seal.ErrIndexRotation) {
		t.Errorf("promoting an index key: %v", err)
	}
	if _, _, err := r.Rotate("signing"); !errors.Is(err, seal.ErrPurpose) {
		t.Errorf("rotating an unknown purpose: %v", err)
	}
	if _, err := r.Promote("signing", 1); !errors.Is(err, seal.ErrPurpose) {
		t.Errorf("promoting for an unknown purpose: %v", err)
	}
}

func TestRingPrintsNoKey(t *testing.T) {
	r := ring(t)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		string(text), fmt.Sprintf("%v %+v %#v %x %s", r, r, r, r, r), r.LogValue().String(),
	} {
		if strings.Contains(printed, "0x") || strings.Contains(printed, "map[") || !strings.Contains(printed, "key ring for development with 6 keys") {
			t.Errorf("a ring prints as %s", printed)
		}
	}
}
