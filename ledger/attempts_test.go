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
