package notify

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/poruka/poruka/ledger"
)

// Portal is the receiver that is no bank.
const Portal = string(ledger.PortalID)

// types are the types of events, by the kind of their entries. Nobody is told of other kinds.
var types = map[ledger.Kind]string{
	ledger.KindConfirmation: "confirmation.decided",
	ledger.KindWithdrawal:   "confirmation.withdrawn",
	ledger.KindPortalRecord: "account.recorded",
	ledger.KindErasure:      "account.erased",
	ledger.KindOrder:        "order.created",
	ledger.KindOrderCancel:  "order.cancelled",
}

// IsFor reports whether a receiver is told of what was recorded: a bank of what it did itself and of orders made to it, the portal of
// all that happened to accounts.
func (r Recorded) IsFor(receiver string) bool {
	switch r.Entry.Kind {
	case ledger.KindConfirmation, ledger.KindWithdrawal:
		return receiver == Portal || receiver == string(r.Entry.Partner)
	case ledger.KindOrder, ledger.KindOrderCancel:
		return receiver == Portal || receiver == string(r.Order.Bank)
	case ledger.KindPortalRecord, ledger.KindErasure:
		return receiver == Portal
	default:
		return false
	}
}

// event is what a receiver gets. It holds no personal data.
type event struct {
	ID       string    `json:"id"` // of the entry, a UUID
	Type     string    `json:"type"`
	Receiver string    `json:"receiver"`         // who is told, so that nobody can hand on as another's what was signed for them
	Sequence int64     `json:"sequence"`         // position in the log
	Previous int64     `json:"previousSequence"` // of the receiver's event before; -1: none, or not known
	Time     time.Time `json:"time"`             // when it was decided
	Replay   bool      `json:"replay,omitempty"`
	Data     facts     `json:"data"`
}

// facts are what a receiver may know of an entry; the names are those of the API.
type facts struct {
	Confirmation string   `json:"confirmation,omitempty"`
	Order        string   `json:"order,omitempty"`
	Code         string   `json:"code,omitempty"`       // of a new order: what the customer may type in the bank
	ExpireTime   string   `json:"expireTime,omitempty"` // of a new order
	Bank         string   `json:"bank,omitempty"`
	Account      string   `json:"account,omitempty"` // for the portal alone
	Outcome      string   `json:"outcome,omitempty"`
	Reasons      []string `json:"reasons,omitempty"`
	LevelBefore  string   `json:"levelBefore,omitempty"`
	LevelAfter   string   `json:"levelAfter,omitempty"`
	Method       string   `json:"method,omitempty"`
	DryRun       bool     `json:"dryRun,omitempty"`
	Withdrawn    string   `json:"withdrawn,omitempty"`
}

// body gives the event for a receiver.
func (r Recorded) body(receiver string, previous int64, isReplay bool) ([]byte, error) {
	return json.Marshal(event{
		ID: r.Entry.ID.String(), Type: types[r.Entry.Kind], Receiver: receiver, Sequence: r.Position, Previous: previous,
		Time: r.Entry.DecidedAt.UTC(), Replay: isReplay, Data: r.facts(receiver),
	})
}

func (r Recorded) facts(receiver string) facts {
	e := &r.Entry
	f := facts{Bank: string(e.Partner), Outcome: e.Outcome.String(), DryRun: e.DryRun}
	switch e.Kind {
	case ledger.KindOrder, ledger.KindOrderCancel:
		f.Bank = string(r.Order.Bank)
		if !r.Order.ID.IsZero() {
			f.Order = "orders/" + r.Order.ID.String()
		}
		if e.Kind == ledger.KindOrder && r.Code != "" {
			f.Code, f.ExpireTime = r.Code, r.Order.Until.UTC().Format(time.RFC3339Nano)
		}
	default:
		f.Confirmation = "confirmations/" + e.ID.String()
	}
	if !e.Withdrawn.IsZero() {
		f.Withdrawn = "confirmations/" + e.Withdrawn.String()
	}
	for _, reason := range e.Reasons {
		f.Reasons = append(f.Reasons, string(reason))
	}
	isPortal := receiver == Portal
	if isPortal && !e.Account.IsZero() {
		f.Account = "accounts/" + e.Account.String()
	}
	// A bank that has not proved enough is not told how the account stands.
	if isPortal || !slices.Contains(e.Reasons, ledger.ReasonPhoneNotBound) {
		f.LevelBefore, f.LevelAfter = e.Before.String(), e.After.String()
	}
	if isPortal || e.Outcome == ledger.OutcomeConfirmed {
		f.Method = e.Method.String()
	}
	return f
}
