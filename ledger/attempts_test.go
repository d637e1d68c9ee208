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

func TestAttemptsAreStoredAsTheyAre(t *testing.T) {
	for name, a := range map[string]ledger.Attempts{
		"none":           {},
		"failures":       {Failures: seconds(1, 2, 2, 3)},
		"close matches":  {Closes: seconds(5)},
		"both":           {Failures: seconds(1, 1_900_000_000), Closes: seconds(-7, 0)},
		"before the day": {Failures: seconds(-62_135_596_800)},
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
	for start, want := range map[time.Time]int{edge.Add(-time.Hour): 4, edge: 3, now: 1, now.Add(1): 0} {
		if got := ledger.Since(a.Failures, start); got != want {
			t.Errorf("%d since %v, want %d", got, start, want)
		}
	}
}
