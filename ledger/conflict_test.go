package ledger_test

import (
	"reflect"
	"testing"

	"github.com/poruka/poruka/ledger"
)

func TestConflictsInTheDetail(t *testing.T) {
	conflicts := []ledger.Conflict{
		{With: "vtb", Groups: []ledger.FieldGroup{ledger.GroupName, ledger.GroupDocument, ledger.GroupName}},
		{With: "alfa-bank", Groups: []ledger.FieldGroup{ledger.GroupINN}},
	}
	detail := ledger.ConflictDetail(conflicts)
	if detail != "conflict=INN:alfa-bank conflict=DOCUMENT,NAME:vtb" {
		t.Errorf("detail %q", detail)
	}
	e := ledger.Entry{Detail: "x=y " + detail + " conflict=NAME"}
	want := []ledger.Conflict{
		{With: "alfa-bank", Groups: []ledger.FieldGroup{ledger.GroupINN}},
		{With: "vtb", Groups: []ledger.FieldGroup{ledger.GroupDocument, ledger.GroupName}},
	}
	if got := e.Conflicts(); !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v", got)
	}
	if got := ledger.ConflictDetail(nil); got != "" {
		t.Errorf("without conflicts %q", got)
	}
}

func TestDifferingGroups(t *testing.T) {
	a := ledger.Vouched{0: {1}, 1: {2}, 2: {3}}
	b := ledger.Vouched{0: {1}, 1: {9}, 4: {5}}
	if got := a.Differing(b); !reflect.DeepEqual(got, []ledger.FieldGroup{ledger.GroupBirth}) {
		t.Errorf("differing %v", got)
	}
}
