package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// Compliance sees who differs from whom; the banks see nothing of it.
func TestConflictsAreForComplianceAlone(t *testing.T) {
	b := newBench(t)
	b.putMaria()
	b.confirm("vtb", ask(1, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Passport.Number = "999999" }))
	quiet := b.confirm("vtb", ask(2, func(r *porukav1.ConfirmIdentityRequest) { r.Person.Passport.Number = "999998" }))
	noticed := b.confirm("sberbank", ask(3))
	list, err := b.audit().ListConflicts(b.as("compliance"), &porukav1.ListConflictsRequest{})
	b.check(err)
	if len(list.GetConflicts()) != 1 || list.GetNextPageToken() != "" {
		t.Fatalf("conflicts %s", protojson.Format(list))
	}
	c := list.GetConflicts()[0]
	if c.GetRecord().GetName() != noticed.GetName() || c.GetRecord().GetBank() != "sberbank" || c.GetOtherBank() != "vtb" ||
		len(c.GetGroups()) != 1 || c.GetGroups()[0] != "DOCUMENT" || c.GetRecord().GetDetail() != "conflict=DOCUMENT:vtb" {
		t.Errorf("conflict %s", protojson.Format(c))
	}
	for bank, told := range map[string]*porukav1.Confirmation{"vtb": quiet, "sberbank": noticed} {
		again, err := b.confirmations().GetConfirmation(b.as("bank/"+bank), &porukav1.GetConfirmationRequest{Id: strings.TrimPrefix(told.GetName(), "confirmations/")})
		b.check(err)
		for _, text := range []string{protojson.Format(told), protojson.Format(again)} {
			if strings.Contains(text, "onflict") || bank == "sberbank" && strings.Contains(text, "vtb") {
				t.Errorf("%s was told %s", bank, text)
			}
		}
	}
	_, err = b.audit().ListConflicts(b.as("compliance"), &porukav1.ListConflictsRequest{PageToken: "x"})
	b.refused(err, "PAGE_TOKEN_INVALID")
}
