package model_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/poruka/poruka/deploy/chaos/model"
)

// step is a call that takes from begin to end; a lost one is given up at end.
type step struct {
	begin, end int
	call       model.Call
	answer     model.Answer
}

func history(t *testing.T, steps []step) *model.History {
	t.Helper()
	var now time.Duration
	h := model.NewHistory(func() time.Duration { return now })
	for i, s := range steps {
		now = time.Duration(s.begin)
		h.Do(i, s.call, func() (model.Answer, bool) {
			now = time.Duration(s.end)
			return s.answer, true
		})
	}
	truth := model.Truth{Decided: map[string]uint8{"confirmations/0": 0, "confirmations/1": 1}, Withdrawn: map[uint8]bool{0: true}, Changes: map[uint8]int64{0: 9}}
	if stranger := h.Resolve(truth); stranger != "" {
		t.Fatalf("%s belongs to nobody", stranger)
	}
	return h
}

const lost = 1000

var (
	born = step{
		0, 1,
		model.Call{Method: model.Put, Caller: model.Portal, Want: model.Want{Level: model.Standard, Phone: true}},
		model.Answer{Result: model.Created, Level: model.Standard, Version: 1},
	}
	noAnswer  = model.Answer{Lost: true}
	confirmed = model.Answer{Outcome: model.WasConfirmed}
	already   = model.Answer{Outcome: model.AlreadyConfirmed}
)

func confirm(bank, request uint8) model.Call {
	return model.Call{Method: model.Confirm, Caller: bank, Request: request}
}

func withdraw(bank, request uint8) model.Call {
	return model.Call{Method: model.Withdraw, Caller: bank, Request: request}
}

func find(request uint8) model.Call { return model.Call{Method: model.Find, Request: request} }

func read() model.Call { return model.Call{Method: model.Read, Caller: model.Portal} }

func replayed(a model.Answer) model.Answer {
	a.Replayed = true
	return a
}

func at(level model.Level, version int64, owed string) model.Answer {
	a := model.Answer{Level: level, Version: version, Owed: owed}
	if level == model.Confirmed {
		a.How = model.ByBank
	}
	return a
}

func TestCheck(t *testing.T) {
	dry := confirm(0, 0)
	dry.Claim = model.Dry
	standard, raised, decided := at(model.Standard, 1, ""), at(model.Confirmed, 2, "confirmations/0"), model.Answer{Found: true, Outcome: model.WasConfirmed}
	for name, test := range map[string]struct {
		steps []step
		is    model.Verdict
	}{
		"one confirmation": {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, read(), raised}}, model.Linearizable},
		"two banks":        {[]step{{2, 5, confirm(0, 0), already}, {3, 6, confirm(1, 1), confirmed}, {7, 8, read(), at(model.Confirmed, 2, "confirmations/1")}}, model.Linearizable},
		"two winners":      {[]step{{2, 5, confirm(0, 0), confirmed}, {3, 6, confirm(1, 1), confirmed}}, model.NotLinearizable},
		"a replay":         {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, confirm(0, 0), replayed(confirmed)}}, model.Linearizable},
		"a replay of another outcome": {
			[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, confirm(0, 0), replayed(already)}}, model.NotLinearizable,
		},
		"decided twice":                {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, confirm(0, 0), already}}, model.NotLinearizable},
		"another body":                 {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, dry, model.Answer{Refused: model.RequestIDReused}}}, model.Linearizable},
		"another body is decided":      {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, dry, already}}, model.NotLinearizable},
		"a dry run raises":             {[]step{{2, 3, dry, confirmed}, {4, 5, read(), raised}}, model.NotLinearizable},
		"an entry that raised nothing": {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, read(), standard}}, model.NotLinearizable},
		"raised without entry":         {[]step{{2, 3, read(), raised}}, model.NotLinearizable},
		"raised twice":                 {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, read(), at(model.Confirmed, 3, "confirmations/0")}}, model.NotLinearizable},
		"lost and never stored":        {[]step{{2, lost, confirm(0, 0), noAnswer}, {4, 5, find(0), model.Answer{}}, {6, 7, read(), standard}}, model.Linearizable},
		"lost and stored late": {
			[]step{{2, 3, confirm(0, 0), noAnswer}, {4, 5, find(0), model.Answer{}}, {6, 7, find(0), decided}, {8, 9, read(), raised}}, model.Linearizable,
		},
		"found and then not":         {[]step{{2, 3, confirm(0, 0), noAnswer}, {4, 5, find(0), decided}, {6, 7, find(0), model.Answer{}}}, model.NotLinearizable},
		"found before it was asked":  {[]step{{2, 3, find(0), decided}, {4, 5, confirm(0, 0), replayed(confirmed)}}, model.NotLinearizable},
		"withdrawn":                  {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, withdraw(0, 0), model.Answer{}}, {6, 7, read(), at(model.Standard, 3, "")}}, model.Linearizable},
		"withdrawn and still raised": {[]step{{2, 3, confirm(0, 0), confirmed}, {4, 5, withdraw(0, 0), model.Answer{}}, {6, 7, read(), raised}}, model.NotLinearizable},
		"withdrawn by nobody":        {[]step{{2, 3, confirm(0, 0), confirmed}, {6, 7, read(), at(model.Standard, 3, "")}}, model.NotLinearizable},
		"a refusal nobody knows":     {[]step{{2, 3, confirm(0, 0), model.Answer{Refused: "INTERNAL"}}}, model.NotLinearizable},
	} {
		t.Run(name, func(t *testing.T) {
			if got := history(t, append([]step{born}, test.steps...)).Check(model.Rules{}).Verdict; got != test.is {
				t.Errorf("the history is %s, want %s", got, test.is)
			}
		})
	}
}

func TestBudgetOfFailures(t *testing.T) {
	wrong := func(bank, request uint8) model.Call {
		c := confirm(bank, request)
		c.Claim = model.False
		return c
	}
	steps := []step{born}
	for i := range uint8(5) {
		begin := 2 + 2*int(i)
		steps = append(steps, step{begin, begin + 1, wrong(0, i), model.Answer{Outcome: model.NotMatched}})
	}
	for name, test := range map[string]struct {
		last step
		is   model.Verdict
	}{
		"the sixth of one bank is refused":     {step{20, 21, confirm(0, 9), model.Answer{Refused: model.AttemptsExhausted}}, model.Linearizable},
		"the sixth of one bank is not decided": {step{20, 21, confirm(0, 9), confirmed}, model.NotLinearizable},
		"another bank may":                     {step{20, 21, confirm(1, 9), confirmed}, model.Linearizable},
		"the sixth may have been the first":    {step{1, 21, confirm(0, 9), confirmed}, model.Linearizable},
	} {
		t.Run(name, func(t *testing.T) {
			if got := history(t, append(steps[:6:6], test.last)).Check(model.Rules{}).Verdict; got != test.is {
				t.Errorf("the history is %s, want %s", got, test.is)
			}
		})
	}
}

// TestRepeatsWithinACall: the first call may be told that it is a replay when the ledger had to repeat its transaction, and only then.
func TestRepeatsWithinACall(t *testing.T) {
	first := history(t, []step{born, {2, 3, confirm(0, 0), replayed(confirmed)}, {4, 5, confirm(0, 0), replayed(confirmed)}})
	if got := first.Check(model.Rules{}).Verdict; got != model.NotLinearizable {
		t.Errorf("strictly: %s", got)
	}
	if got := first.Check(model.Rules{Repeats: true}).Verdict; got != model.Linearizable {
		t.Errorf("with repeats: %s", got)
	}
}

// TestPartsAreJudgedTogether: a request id that was used for two accounts ties them together.
func TestPartsAreJudgedTogether(t *testing.T) {
	other := born
	other.call.Account = 1
	elsewhere := confirm(0, 0)
	elsewhere.Account = 1
	h := history(t, []step{born, other, {2, 3, confirm(0, 0), confirmed}, {4, 5, elsewhere, confirmed}})
	if got := h.Check(model.Rules{}).Verdict; got != model.NotLinearizable {
		t.Errorf("one id decided for two accounts: %s", got)
	}
}

func TestDraw(t *testing.T) {
	checked := history(t, []step{born, {2, 3, confirm(0, 0), already}}).Check(model.Rules{})
	var page bytes.Buffer
	if err := checked.Draw(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bank 0: confirm r0 a0 -\\u003e ALREADY_CONFIRMED", "a0 STANDARD version 1"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func TestAStrangerIsNamed(t *testing.T) {
	h := model.NewHistory(func() time.Duration { return 0 })
	h.Do(0, read(), func() (model.Answer, bool) { return at(model.Confirmed, 2, "confirmations/9"), true })
	if got := h.Resolve(model.Truth{Decided: map[string]uint8{"confirmations/0": 0}}); got != "confirmations/9" {
		t.Errorf("the stranger is %q", got)
	}
}
