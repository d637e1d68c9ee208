package trial

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
)

// findings collects what is wrong.
type findings []string

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// compare gives every difference between what callers were told and what is there.
func (r *run) compare(s *snapshot) []string {
	var f findings
	for _, d := range r.decisions {
		f.compareDecision(d, s)
	}
	f.compareRecords(s)
	for i := range s.accounts {
		f.compareAccount(s, i, r.puts[uint8(i)])
	}
	return f
}

// judgeReceipts: every OK answer has a receipt that holds.
func (r *run) judgeReceipts() []string {
	var f findings
	if r.Receipt == nil {
		return f
	}
	for _, d := range r.decisions {
		if err := r.Receipt(d.told.record); err != nil {
			f.add("receipt: %s was answered %s, and the receipt of %s does not hold: %v", d.call, d.told.name, d.told.record.GetName(), err)
		}
	}
	return f
}

// compareDecision: an OK answer has its entry, with the same outcome.
func (f *findings) compareDecision(d decision, s *snapshot) {
	c := d.told.record
	records := s.records[c.GetName()]
	if len(records) == 0 {
		f.add("lost: %s was answered %s, and %s is not in the report", d.call, d.told.name, c.GetName())
		return
	}
	record := records[0]
	if record.GetOutcome() != c.GetOutcome() || record.GetKind() != c.GetKind() || record.GetBank() != c.GetBank() ||
		record.GetDryRun() != c.GetDryRun() || !proto.Equal(record.GetDecideTime(), c.GetDecideTime()) {
		f.add("changed: %s was answered %v, and the report says %v", d.call, c, record)
	}
	if told := c.GetLevelAfter(); told != porukav1.Account_LEVEL_UNSPECIFIED && told != record.GetLevelAfter() {
		f.add("changed: %s was told level %v, and the report says %v", d.call, told, record.GetLevelAfter())
	}
	if d.call.Method == model.Withdraw {
		return
	}
	if found := s.found[d.call.Request]; found.GetName() != c.GetName() || found.GetOutcome() != c.GetOutcome() {
		f.add("two outcomes: %s was answered %s, and a look-up says %v", d.call, d.told.name, found)
	}
}

// compareRecords: the report lists each entry once, and nothing that nobody asked for.
func (f *findings) compareRecords(s *snapshot) {
	known := s.numbers()
	if len(known) != len(s.found) {
		f.add("two requests have one entry")
	}
	for name := range known {
		if len(s.records[name]) == 0 {
			f.add("not reported: %s", name)
		}
	}
	for name, same := range s.records {
		if len(same) > 1 {
			f.add("double: the report lists %s %d times", name, len(same))
		}
		asked := name
		if same[0].GetKind() == porukav1.Confirmation_WITHDRAWAL {
			asked = same[0].GetWithdrawn()
		}
		if _, ok := known[asked]; !ok {
			f.add("double: the report lists %s, for which nobody has asked: %v", name, same[0])
		}
	}
	for name, several := range s.taken {
		if len(several) > 1 {
			f.add("double: %s was withdrawn %d times", name, len(several))
		}
	}
}

// compareAccount: its level and version are what its entries and puts have made of it.
func (f *findings) compareAccount(s *snapshot, number int, puts tally) {
	a := s.accounts[number]
	reported := 0
	for name, same := range s.records {
		if same[0].GetAccount() != a.GetName() {
			continue
		}
		reported++
		if s.listed[number][name] != 1 {
			f.add("account %d: its list shows %s %d times", number, name, s.listed[number][name])
		}
	}
	if len(s.listed[number]) != reported {
		f.add("account %d: its list shows %d entries, the report %d", number, len(s.listed[number]), reported)
	}
	least := s.accountedFor(number, puts)
	if v := a.GetVersion(); v < least || v > least+puts.perhaps {
		f.add("account %d: version %d, but %d changes by entries and puts, and perhaps %d more", number, v, least, puts.perhaps)
	}
	f.compareLevel(s, number)
}

// accountedFor is the version that an account has at least: its entries and the puts that were answered have made it.
func (s *snapshot) accountedFor(number int, puts tally) int64 {
	name, withdrawn := s.accounts[number].GetName(), 0
	for _, several := range s.taken {
		for _, record := range several {
			if record.GetAccount() == name {
				withdrawn++
			}
		}
	}
	return int64(len(s.raised[name])+withdrawn) + puts.sure
}

func (f *findings) compareLevel(s *snapshot, number int) {
	a := s.accounts[number]
	owed := a.GetConfirmation()
	if owed == "" {
		if a.GetLevel() == porukav1.Account_CONFIRMED && a.GetMethod() == porukav1.Account_BANK {
			f.add("account %d: raised by a bank without an entry", number)
		}
		return
	}
	if a.GetLevel() != porukav1.Account_CONFIRMED {
		f.add("account %d: %v, and yet it owes its level to %s", number, a.GetLevel(), owed)
	}
	for _, record := range s.raised[a.GetName()] {
		if record.GetName() != owed {
			continue
		}
		if record.GetMethod() != a.GetMethod() || len(s.taken[owed]) > 0 {
			f.add("account %d: owes its level to %s, which says %v and was withdrawn %d times", number, owed, record.GetMethod(), len(s.taken[owed]))
		}
		return
	}
	f.add("account %d: owes its level to %s, which has not raised it", number, owed)
}
