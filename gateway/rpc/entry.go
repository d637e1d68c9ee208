package rpc

import (
	"slices"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/wire"
	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

// confirmationForBank gives what a bank may know of its own entry.
func (c Config) confirmationForBank(e ledger.Entry) *porukav1.Confirmation {
	out := c.confirmation(e)
	if e.Outcome == ledger.OutcomeConfirmed {
		out.Method = porukav1.Account_Method(e.Method)
	}
	if slices.Contains(e.Reasons, ledger.ReasonPhoneNotBound) { // the bank has not proved enough to be told how the account stands
		out.LevelBefore, out.LevelAfter = porukav1.Account_LEVEL_UNSPECIFIED, porukav1.Account_LEVEL_UNSPECIFIED
	}
	return out
}

// confirmationForPortal gives what the portal may know of any entry.
func (c Config) confirmationForPortal(e ledger.Entry) *porukav1.Confirmation {
	out := c.confirmation(e)
	out.Account, out.Method = accountName(e.Account), porukav1.Account_Method(e.Method)
	return out
}

func (c Config) confirmation(e ledger.Entry) *porukav1.Confirmation {
	return &porukav1.Confirmation{
		Name: entryName(e.ID), Bank: string(e.Partner), Outcome: porukav1.Confirmation_Outcome(e.Outcome), Reasons: reasons(e),
		LevelBefore: porukav1.Account_Level(e.Before), LevelAfter: porukav1.Account_Level(e.After), DecideTime: stamp(e.DecidedAt),
		Policy: e.Policy, DryRun: e.DryRun, Kind: porukav1.Confirmation_Kind(e.Kind), Withdrawn: entryName(e.Withdrawn),
		Receipt: c.Receipt(e),
	}
}

// reasons gives the whole reasons. The group is named only where an account was found and matched; what follows from the
// request alone does not tell one.
func reasons(e ledger.Entry) []*porukav1.Reason {
	out := make([]*porukav1.Reason, len(e.Reasons))
	for i, reason := range e.Reasons {
		whole := wire.ReasonOf(string(reason))
		if e.Account.IsZero() && whole.GetGroup() != porukav1.Reason_GROUP_UNSPECIFIED {
			whole = &porukav1.Reason{
				Reason: whole.GetReason(), Actor: whole.GetActor(), Retry: whole.GetRetry(),
				RetryDelaySeconds: whole.GetRetryDelaySeconds(), Text: whole.GetText(),
			}
		}
		out[i] = whole
	}
	return out
}

func normalisation(trace person.Trace) []*porukav1.Normalisation {
	out := make([]*porukav1.Normalisation, len(trace))
	for i, field := range trace {
		steps := make([]porukav1.Normalisation_Step, len(field.Steps))
		for j, step := range field.Steps {
			steps[j] = porukav1.Normalisation_Step(porukav1.Normalisation_Step_value[string(step)])
		}
		out[i] = &porukav1.Normalisation{Field: "person." + string(field.Field), Steps: steps}
	}
	return out
}

// record gives what compliance may know of an entry.
func record(e ledger.Entry) *porukav1.Record {
	out := &porukav1.Record{
		Name: entryName(e.ID), Kind: porukav1.Confirmation_Kind(e.Kind), Bank: string(e.Partner), Outcome: porukav1.Confirmation_Outcome(e.Outcome),
		Account: accountName(e.Account), LevelBefore: porukav1.Account_Level(e.Before), LevelAfter: porukav1.Account_Level(e.After),
		Method: porukav1.Account_Method(e.Method), DecideTime: stamp(e.DecidedAt), Policy: e.Policy, Style: e.Style, CertificateSerial: e.Serial,
		AuthenticationMethod: porukav1.Authentication_Method(e.Means), AuthenticateTime: stamp(e.AuthedAt), DryRun: e.DryRun,
		Withdrawn: entryName(e.Withdrawn), Detail: e.Detail,
	}
	for _, reason := range e.Reasons {
		out.Reasons = append(out.Reasons, porukav1.Reason_Code(porukav1.Reason_Code_value[string(reason)]))
	}
	for _, f := range e.Fields {
		if f.Comparison != ledger.NotCompared {
			out.Fields = append(out.Fields, &porukav1.Record_FieldResult{Field: f.Field.String(), Comparison: porukav1.Record_Comparison(f.Comparison)})
		}
	}
	return out
}

func entryName(id ledger.EntryID) string {
	if id.IsZero() {
		return ""
	}
	return "confirmations/" + id.String()
}

func accountName(id ledger.AccountID) string {
	if id.IsZero() {
		return ""
	}
	return "accounts/" + id.String()
}
