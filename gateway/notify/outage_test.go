package notify_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poruka/poruka/gateway/notify"
)

// A bank is down for a day; meanwhile its gateway is killed and started again, more is decided, and at the end some events are taken and
// refused all the same.
func TestADayWithoutTheReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begin := time.Now()
		isUp := func() bool { return time.Since(begin) > 24*time.Hour }
		tries := map[string]int{}
		w.line.judge = func(receiver string, e told) (bool, error) {
			if receiver != "vtb" {
				return true, nil
			}
			tries[e.ID]++
			switch {
			case !isUp():
				return false, &notify.Failure{Cause: "REFUSED"}
			case e.Sequence%3 == 0 && tries[e.ID]%4 != 0:
				return true, &notify.Failure{Cause: "STATUS"} // it was taken
			}
			return true, nil
		}
		g := w.gateway(nil)
		time.Sleep(time.Second) // the receivers begin at the end of the log
		for hour := range 24 {
			w.put(confirmation("vtb"), confirmation("sberbank"))
			time.Sleep(time.Hour)
			if hour%5 == 4 {
				g.kill()
				g = w.gateway(nil)
			}
		}
		time.Sleep(3 * time.Hour) // the last wait may have been of an hour, and others follow
		g.stop()
		var even, odd, all []int64
		for n := range int64(24) {
			even, odd, all = append(even, 2*n), append(odd, 2*n+1), append(all, 2*n, 2*n+1)
		}
		again := w.line.wantAll("vtb", even...)
		if again == 0 {
			t.Error("nothing was delivered twice: the test shows nothing")
		}
		w.line.wantAll("sberbank", odd...)
		w.line.wantAll("portal", all...)
		if got := len(w.line.got["vtb"]); got > 400 {
			t.Errorf("%d tries in a day", got)
		}
		for _, a := range w.line.got["sberbank"] {
			if late := a.at.Sub(a.Time); late > time.Minute && !slices.Contains([]int64{9, 19, 29, 39}, a.Sequence) {
				t.Errorf("sberbank waited %v for event %d: it is held up by another", late, a.Sequence)
			}
		}
	})
}

// Nothing is given up before its days are over; then what follows is delivered, and the event can be had again.
func TestWhatIsNeverTakenIsGivenUpByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		isMended := false
		w.line.judge = func(_ string, e told) (bool, error) {
			if e.Sequence == 1 && !isMended {
				return false, &notify.Failure{Cause: "STATUS"}
			}
			return true, nil
		}
		g := w.gateway(func(c *notify.Config) { c.Receivers = func() []string { return []string{"vtb"} } })
		time.Sleep(time.Second)
		w.put(confirmation("vtb"), confirmation("vtb"), confirmation("vtb"))
		time.Sleep(71 * time.Hour)
		w.line.wantAll("vtb", 0)
		r := status(t, g, "vtb")
		if r.Next != 1 || r.Tries < 70 || r.Failing.IsZero() || r.Retry.IsZero() || len(r.Dead) != 0 {
			t.Errorf("after 71 hours: %+v", r)
		}
		time.Sleep(3 * time.Hour)
		if first, _ := w.line.taken("vtb"); len(first) != 2 || first[1].Sequence != 2 || first[1].Previous != 1 {
			t.Errorf("taken %+v, want the first and the third", first)
		}
		if r = status(t, g, "vtb"); r.Next != 3 || !r.Failing.IsZero() || r.Tries != 0 || !slices.Equal(r.Dead, []int64{1}) {
			t.Errorf("after 74 hours: %+v", r)
		}
		isMended = true
		_, err := g.service.Replay(t.Context(), "vtb", 1, 2)
		must(t, err)
		time.Sleep(time.Minute)
		first, _ := w.line.taken("vtb")
		if len(first) != 3 || first[2].Sequence != 1 || !first[2].Replay || first[2].Previous != -1 {
			t.Errorf("replayed %+v", first)
		}
	})
}

func status(t *testing.T, g *gateway, id string) notify.Receiver {
	t.Helper()
	list, err := g.service.List(t.Context())
	must(t, err)
	at := slices.IndexFunc(list, func(r notify.Receiver) bool { return r.ID == id })
	if at < 0 {
		t.Fatalf("%s is not listed: %+v", id, list)
	}
	return list[at]
}

// What a receiver asks for goes before our own impatience, and waiting costs next to nothing.
func TestARefusalIsWaitedOutWithoutWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.line.judge = func(string, told) (bool, error) {
			return false, &notify.Failure{Cause: "OPEN", RetryAfter: 30 * time.Minute}
		}
		g := w.gateway(func(c *notify.Config) { c.Receivers = func() []string { return []string{"vtb"} } })
		time.Sleep(time.Second)
		w.put(confirmation("vtb"))
		time.Sleep(24 * time.Hour)
		g.stop()
		if tries := len(w.line.got["vtb"]); tries < 20 || tries > 48 {
			t.Errorf("%d tries in a day, of which each asked for half an hour", tries)
		}
		for i := 1; i < len(w.line.got["vtb"]); i++ {
			if pause := w.line.got["vtb"][i].at.Sub(w.line.got["vtb"][i-1].at); pause < 30*time.Minute || pause > 61*time.Minute {
				t.Errorf("tried again after %v", pause)
			}
		}
		if most := 24*60*60/15 + 100; g.store.puts > most {
			t.Errorf("%d stored states in a day, want at most %d", g.store.puts, most)
		}
	})
}
