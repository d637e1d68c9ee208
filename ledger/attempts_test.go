package ledger_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/poruka/poruka/ledger"
)

func seconds(ns ...int64) []time.Time {
	var times []time.Time
	for _, n := range ns {
		times = append(times, time.Unix(n, 0).UTC())
	}
	return times
}

func vouch(partner ledger.PartnerID, at int64) ledger.Vouch {
	return ledger.Vouch{Partner: partner, At: time.Unix(at, 0).UTC(), Groups: ledger.Vouched{0: {1, 2}, 5: {3, 4, 5, 6, 7, 8, 9, 10}}}
}

func TestAttemptsAreStoredAsTheyAre(t *testing.T) {
	for name, a := range map[string]ledger.Attempts{
		"none":           {},
		"failures":       {Failures: seconds(1, 2, 2, 3)},
		"close matches":  {Closes: seconds(5)},
		"both":           {Failures: seconds(1, 1_900_000_000), Closes: seconds(-7, 0)},
		"before the day": {Failures: seconds(-62_135_596_800)},
		"a vouch":        {Vouches: []ledger.Vouch{vouch("vtb", 7)}},
		"an open order":  {Open: openOrder(7)},
		"made orders":    {Orders: seconds(3, 3, 4)},
		"orders":         {Orders: seconds(-1, 2), Open: openOrder(-5)},
		"all":            {Failures: seconds(1, 2), Closes: seconds(3), Vouches: []ledger.Vouch{vouch("vtb", 7), vouch("", -1)}},
	} {
		data, err := a.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var again ledger.Attempts
		if err := again.UnmarshalBinary(data); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%s: %+v came back as %+v, %v", name, a, again, err)
		}
	}
}

func openOrder(until int64) ledger.OpenOrder {
	return ledger.OpenOrder{ID: ledger.OrderID{1, 15: 2}, Until: time.UnixMicro(until).UTC()}
}

// Orders have a counter to themselves: the stored form has room for nothing else, and nothing may get lost unseen.
func TestOrdersStandAlone(t *testing.T) {
	for name, a := range map[string]ledger.Attempts{
		"a failure":           {Open: openOrder(7), Failures: seconds(1)},
		"a close match":       {Orders: seconds(1), Closes: seconds(1)},
		"a vouch":             {Orders: seconds(1), Vouches: []ledger.Vouch{vouch("vtb", 7)}},
		"an end of no order":  {Open: ledger.OpenOrder{Until: time.UnixMicro(7)}},
		"too many failures":   {Failures: make([]time.Time, 0xfe00)},
		"and close matches":   {Closes: make([]time.Time, 0xfe00)},
		"many and with vouch": {Failures: make([]time.Time, 0xfe00), Vouches: []ledger.Vouch{vouch("vtb", 7)}},
	} {
		if data, err := a.MarshalBinary(); err == nil {
			t.Errorf("%s: stored as %d bytes", name, len(data))
		}
	}
	most := ledger.Attempts{Failures: make([]time.Time, 0xfdff)}
	if data, err := most.MarshalBinary(); err != nil || data[0] == ledger.OrderMark || data[0] == ledger.VouchMark {
		t.Errorf("the most failures: %v", err)
	}
}

func TestOrdersAreForgotten(t *testing.T) {
	now := time.Unix(1_000_000, 0).UTC()
	edge := now.Add(-ledger.OrderMemory)
	a := ledger.Attempts{Orders: []time.Time{edge, edge.Add(time.Second)}, Open: ledger.OpenOrder{ID: ledger.OrderID{1}, Until: now}}
	if got := a.Recent(now); len(got.Orders) != 1 || got.Open != (ledger.OpenOrder{}) {
		t.Errorf("at the end of the order: %+v", got)
	}
	if got := a.Recent(now.Add(-time.Microsecond)); len(got.Orders) != 2 || got.Open != a.Open {
		t.Errorf("just before the end of the order: %+v", got)
	}
	if got := a.Expires(); !got.Equal(now.Add(time.Second)) {
		t.Errorf("expires at %v", got)
	}
	a.Orders = nil
	if got := a.Expires(); !got.Equal(now) {
		t.Errorf("with an open order alone it expires at %v", got)
	}
}

func FuzzAttempts(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0})
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 9})
	f.Add([]byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 9})
	f.Add([]byte{0xff, 2, 0, 0, 0, 0})
	whole, err := ledger.Attempts{Failures: seconds(1), Closes: seconds(2), Vouches: []ledger.Vouch{vouch("vtb", 7), vouch("x", 8)}}.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	for _, orders := range []ledger.Attempts{{Orders: seconds(1, 2), Open: openOrder(9)}, {Orders: seconds(4)}, {Open: openOrder(-9)}} {
		form, err := orders.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(form)
		f.Add(form[:len(form)-1])
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		var a ledger.Attempts
		if a.UnmarshalBinary(data) != nil {
			return
		}
		if again, err := a.MarshalBinary(); err != nil || string(again) != string(data) {
			t.Errorf("%x came back as %x, %v", data, again, err)
		}
	})
}

func TestAttemptsAreForgotten(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	edge := now.Add(-ledger.AttemptMemory)
	a := ledger.Attempts{
		Failures: []time.Time{edge.Add(-time.Second), edge, edge.Add(time.Second), now},
		Closes:   []time.Time{edge},
	}
	want := ledger.Attempts{Failures: []time.Time{edge.Add(time.Second), now}}
	if got := a.Recent(now); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	a = ledger.Attempts{Closes: []time.Time{now}}
	if got := a.Expires(); !got.Equal(now.Add(ledger.AttemptMemory)) {
		t.Errorf("expires at %v", got)
	}
	a.Vouches = []ledger.Vouch{vouch("old", now.Add(-ledger.VouchMemory).Unix()), vouch("young", now.Unix()-100)}
	if got := a.Recent(now).Vouches; len(got) != 1 || got[0].Partner != "young" {
		t.Errorf("remembered: %+v", got)
	}
	if got := a.Expires(); !got.Equal(now.Add(ledger.VouchMemory - 100*time.Second)) {
		t.Errorf("with a vouch it expires at %v", got)
	}
	a.Failures = []time.Time{edge.Add(-time.Second), edge, edge.Add(time.Second), now}
	for start, want := range map[time.Time]int{edge.Add(-time.Hour): 4, edge: 3, now: 1, now.Add(1): 0} {
		if got := ledger.Since(a.Failures, start); got != want {
			t.Errorf("%d since %v, want %d", got, start, want)
		}
	}
}
