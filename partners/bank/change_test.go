package bank_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/certstest"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/bank"
)

// The bank moves while calls are under way: they end where they began, and then nothing is left there.
func TestTheRosterChangesMidFlight(t *testing.T) {
	for _, protocol := range []string{"h2", "http/1.1"} {
		t.Run(protocol, func(t *testing.T) {
			w := newWorld(t)
			arrived, release := make(chan struct{}), make(chan struct{})
			before := descriptors(t)
			only := func(c *tls.Config) { c.NextProtos = []string{protocol} }
			old := w.serve(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
				if in.URL.Path == "/slow" {
					arrived <- struct{}{}
					<-release
				}
				_, _ = io.WriteString(out, "old")
			}), only)
			w.join("vtb", old.URL, timeout(20*time.Second))
			_, err := w.get("vtb") // leaves an idle connection
			w.want(err, "")
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					reply, err := w.clients.Do(t.Context(), "vtb", bank.Call{Method: http.MethodGet, Path: "/slow"})
					if err != nil || string(reply.Body) != "old" {
						t.Errorf("%q, %v", reply.Body, err)
					}
				})
				<-arrived
			}
			fresh := w.serve(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, "new") }), only)
			w.join("vtb", fresh.URL, timeout(20*time.Second))
			for range 10 {
				reply, err := w.get("vtb")
				w.want(err, "")
				if string(reply.Body) != "new" {
					t.Errorf("%q answers", reply.Body)
				}
			}
			close(release)
			group.Wait()
			done := make(chan struct{})
			go func() { old.Close(); close(done) }() // waits until its connections are closed
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Error("connections to the old address are left")
			}
			w.clients.Close()
			fresh.Close()
			eventually(t, "descriptors are back to base", func() bool { return descriptors(t) <= before })
		})
	}
}

// A bank that leaves the roster is forgotten, whether or not somebody calls it again.
func TestABankLeaves(t *testing.T) {
	w := newWorld(t)
	before := descriptors(t)
	server := w.serve(http.HandlerFunc(ok))
	w.join("vtb", server.URL)
	_, err := w.get("vtb")
	w.want(err, "")
	w.roster.drop("vtb")
	if all := w.clients.Statuses(); len(all) != 0 {
		t.Errorf("%v is still known", all)
	}
	_, err = w.get("vtb")
	w.want(err, bank.NoEndpoint)
	server.Close()
	eventually(t, "descriptors are back to base", func() bool { return descriptors(t) <= before })
}

// Where the paths alone change nothing is made anew: the breaker keeps what it knows.
func TestPathsChangeUnderway(t *testing.T) {
	w := newWorld(t)
	server := w.serve(http.HandlerFunc(fail))
	w.join("vtb", server.URL)
	for range bank.DefaultFailures {
		_, _ = w.get("vtb")
	}
	w.join("vtb", server.URL, func(e *partners.Endpoint) { e.OrdersPath, e.EventsPath = "/a", "/b" })
	_, err := w.get("vtb")
	w.want(err, bank.Open)
	w.join("vtb", server.URL, concurrent(7)) // another endpoint, with a new chance
	_, err = w.get("vtb")
	w.want(err, bank.ServerError)
}

// serials tells with which certificate each call came.
func serials(out http.ResponseWriter, in *http.Request) {
	_, _ = io.WriteString(out, in.TLS.PeerCertificates[0].SerialNumber.String())
}

// A new certificate of ours is shown with the next connection, and a connection lasts half an hour at most.
func TestOurCertificateIsRenewed(t *testing.T) {
	var ahead atomic.Int64
	w := newWorld(t, func(c *bank.Config) {
		c.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	w.bank("vtb", serials)
	shown := func() string {
		reply, err := w.get("vtb")
		w.want(err, "")
		return string(reply.Body)
	}
	first := shown()
	fresh := w.gateway()
	w.mutex.Lock()
	w.own = fresh
	w.mutex.Unlock()
	if shown() != first {
		t.Error("a call came on a new connection without need")
	}
	ahead.Store(int64(31 * time.Minute))
	if got := shown(); got == first || got != fresh.Leaf.SerialNumber.String() {
		t.Errorf("shown after half an hour: %s, first %s", got, first)
	}
}

// The bank's certificate is replaced by one of another authority: calls fail from the next connection on, at the latest.
func TestABanksCertificateIsCheckedWithEachConnection(t *testing.T) {
	w := newWorld(t)
	good, bad := w.ca.Server(t), certstest.NewRoot(t, time.Now(), "stranger").Server(t)
	var stolen atomic.Bool
	server := w.serve(http.HandlerFunc(ok), func(c *tls.Config) {
		c.Certificates = nil
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if stolen.Load() {
				return &bad, nil
			}
			return &good, nil
		}
	})
	w.join("vtb", server.URL)
	_, err := w.get("vtb")
	w.want(err, "")
	stolen.Store(true)
	server.CloseClientConnections()
	eventually(t, "the stranger is found out", func() bool { _, err := w.get("vtb"); return bank.CauseOf(err) == bank.Certificate })
}

// Close ends what is under way and leaves nothing.
func TestClose(t *testing.T) {
	w := newWorld(t)
	before := descriptors(t)
	arrived := make(chan struct{})
	hangs := w.serve(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) { arrived <- struct{}{}; hang(out, in) }))
	w.join("vtb", hangs.URL, timeout(time.Minute))
	w.join("bspb", deaf(t), timeout(time.Minute))
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			_, err := w.get("vtb")
			if bank.CauseOf(err) != bank.GivenUp {
				t.Errorf("%v, want GIVEN_UP", err)
			}
		})
		<-arrived
	}
	group.Go(func() {
		if _, err := w.get("bspb"); bank.CauseOf(err) != bank.GivenUp {
			t.Errorf("%v, want GIVEN_UP", err)
		}
	})
	eventually(t, "a handshake that does not end", func() bool { s, _ := w.clients.Status("bspb"); return s.Calls == 1 })
	w.clients.Close()
	w.clients.Close()
	group.Wait()
	_, err := w.get("vtb")
	w.want(err, bank.GivenUp)
	hangs.Close()
	eventually(t, "descriptors are back to base", func() bool { return descriptors(t) <= before+1 }) // of the deaf one's listener
}

// An hour of callers that go away, in short: nothing of them stays.
func TestChurnLeavesNothing(t *testing.T) {
	w := newWorld(t, func(c *bank.Config) { c.Breaker = bank.Breaker{Failures: 1 << 20} })
	before := descriptors(t)
	hangs, deaf := w.serve(http.HandlerFunc(hang)), deaf(t)
	w.join("vtb", hangs.URL, timeout(3*time.Millisecond))
	w.join("bspb", deaf, timeout(3*time.Millisecond))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 20 {
				_, _ = w.get("vtb")
				_, _ = w.get("bspb")
			}
		})
	}
	group.Wait()
	for _, s := range w.clients.Statuses() {
		if s.Calls != 0 {
			t.Errorf("%+v", s)
		}
	}
	w.clients.Close()
	hangs.Close()
	eventually(t, "descriptors are back to base", func() bool { return descriptors(t) <= before+1 })
}
