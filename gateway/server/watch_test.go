package server_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

type watching = grpc.ServerStreamingClient[porukav1.WatchConfirmationsResponse]

func watchFrom(t *testing.T, g *gatewaytest.Gateway, position int64) watching {
	t.Helper()
	w, err := porukav1.NewPortalServiceClient(g.Conn("portal")).WatchConfirmations(t.Context(), &porukav1.WatchConfirmationsRequest{Position: position})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// next gives the next record of a watch, without signs of life.
func next(t *testing.T, w watching) *porukav1.WatchConfirmationsResponse {
	t.Helper()
	for {
		m, err := w.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.GetConfirmation() != nil {
			return m
		}
	}
}

func TestAWatchMissesNothing(t *testing.T) { ledgers.OnEach(t, aWatchMissesNothing) }

func aWatchMissesNothing(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60, Database: database})
	requests := raisable(t, g, 60)
	early := watchFrom(t, g, 0)
	var want, got []string
	for i, r := range requests[:9] {
		want = append(want, confirmed(t, g, []string{"vtb", "sberbank"}[i%2], r))
	}
	var last *porukav1.WatchConfirmationsResponse
	for range 4 {
		last = next(t, early)
		got = append(got, strings.TrimPrefix(last.GetConfirmation().GetName(), "confirmations/"))
	}
	late := watchFrom(t, g, last.GetNextPosition())
	for range 5 {
		m := next(t, late)
		got = append(got, strings.TrimPrefix(m.GetConfirmation().GetName(), "confirmations/"))
		if m.GetPosition() != last.GetNextPosition() || m.GetNextPosition() != m.GetPosition()+1 || !strings.HasPrefix(m.GetConfirmation().GetAccount(), "accounts/") {
			t.Errorf("%v behind %v", m, last)
		}
		last = m
	}
	if !slices.Equal(got, want) {
		t.Errorf("watched %v, want %v", got, want)
	}
	_, err := watchFrom(t, g, 1000).Recv()
	refusedAs(t, "a watch from nowhere", err, codes.NotFound, "LOG_NOT_SO_LONG")
	foreign, err := porukav1.NewPortalServiceClient(g.Conn("vtb")).WatchConfirmations(t.Context(), &porukav1.WatchConfirmationsRequest{})
	if err == nil {
		_, err = foreign.Recv()
	}
	refusedAs(t, "a bank", err, codes.PermissionDenied, "ACCESS_DENIED")

	go func() { _ = g.Stop() }()
	for err = error(nil); err == nil; {
		_, err = late.Recv()
	}
	refusedAs(t, "while draining", err, codes.Unavailable, "SHUTTING_DOWN")
}

// sse reads the next event of a stream.
func sse(t *testing.T, lines *bufio.Reader) (id, data string) {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		switch line = strings.TrimSuffix(line, "\n"); {
		case line == "":
			return id, data
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case strings.HasPrefix(line, "data: "):
			data = line[6:]
		}
	}
}

// toldOver reads the next event with a record.
func toldOver(t *testing.T, lines *bufio.Reader) (id, data string) {
	t.Helper()
	for !strings.Contains(data, `"confirmation":`) {
		id, data = sse(t, lines)
	}
	return id, data
}

// stream is an answer over REST that goes on.
type stream struct {
	status int
	kind   string
	body   *bufio.Reader
}

func openSSE(t *testing.T, g *gatewaytest.Gateway, query, last string) stream {
	t.Helper()
	web, base := g.HTTP("portal")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/confirmations:watch"+query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	response, err := web.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return stream{response.StatusCode, response.Header.Get("Content-Type"), bufio.NewReader(response.Body)}
}

// A watch over REST is server-sent events with ids, by which it is taken up again; it shows that it lives, and outlives the times of
// usual requests.
func TestAWatchOverREST(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	requests := raisable(t, g, 60)
	first, second := confirmed(t, g, "vtb", requests[0]), confirmed(t, g, "vtb", requests[1])
	began := time.Now() // earlier than the first of what is told: a test that is kept waiting sees more silence, never less
	response := openSSE(t, g, "?position=0", "")
	lines := response.body
	id, data := toldOver(t, lines)
	if id != "1" || !strings.Contains(data, first) || response.kind != "text/event-stream" {
		t.Errorf("%s: %s, %s", id, data, response.kind)
	}
	again := openSSE(t, g, "?position=0", id)
	if id, data := toldOver(t, again.body); id != "2" || !strings.Contains(data, second) {
		t.Errorf("taken up again: %s: %s", id, data)
	}
	for _, bad := range []struct{ query, last string }{{"", "x"}, {"?position=x", ""}, {"?from=1", ""}, {"", "-1"}} {
		refused := openSSE(t, g, bad.query, bad.last)
		if body, err := io.ReadAll(refused.body); err != nil || refused.status != http.StatusBadRequest {
			t.Errorf("%q with %q: HTTP %d %s", bad.query, bad.last, refused.status, body)
		}
	}
	if testing.Short() {
		return
	}
	_, _ = toldOver(t, lines)
	if id, data := sse(t, lines); id != "2" || strings.Contains(data, "confirmations/") || time.Since(began) < 15*time.Second {
		t.Errorf("no sign of life, but %s: %s", id, data)
	}
	third := confirmed(t, g, "vtb", requests[2])
	if id, data := toldOver(t, lines); id != "3" || !strings.Contains(data, third) {
		t.Errorf("after a silence: %s: %s", id, data)
	}
}

func TestWatchersAreBounded(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Config{Accounts: 60})
	confirmed(t, g, "vtb", raisable(t, g, 60)[0])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	portal := porukav1.NewPortalServiceClient(g.Conn("portal"))
	for n := range 65 {
		w, err := portal.WatchConfirmations(ctx, &porukav1.WatchConfirmationsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Recv()
		if n == 64 {
			refusedAs(t, "one more", err, codes.ResourceExhausted, "OVERLOADED")
		} else if err != nil {
			t.Fatalf("watcher %d: %v", n, err)
		}
	}
}

// delivered waits until the gateway has stored that a position was delivered: the receiver knows a moment before.
func delivered(t *testing.T, operator porukav1.OperatorServiceClient, id string, position int64) {
	t.Helper()
	await(t, "the delivery is stored", func() bool {
		list, err := operator.ListReceivers(t.Context(), &porukav1.ListReceiversRequest{})
		return err == nil && slices.ContainsFunc(list.GetReceivers(), func(r *porukav1.Receiver) bool { return r.GetId() == id && r.GetNextPosition() > position })
	})
}

func TestReplayOfEvents(t *testing.T) {
	w := newTold(t, "", 60)
	requests := raisable(t, w.g, 60)
	for i, r := range requests[:6] {
		confirmed(t, w.g, []string{"vtb", "sberbank"}[i%2], r)
	}
	before := w.vtb.wait(3)
	w.portal.wait(6)
	operator := porukav1.NewOperatorServiceClient(w.g.Conn("operator"))
	delivered(t, operator, "vtb", before[2].Sequence)
	for name, bad := range map[string]struct {
		in     *porukav1.ReplayEventsRequest
		code   codes.Code
		reason string
	}{
		"nobody":          {&porukav1.ReplayEventsRequest{Id: "tinkoff"}, codes.NotFound, "RECEIVER_NOT_FOUND"},
		"no bank":         {&porukav1.ReplayEventsRequest{Id: "x"}, codes.NotFound, "RECEIVER_NOT_FOUND"},
		"the wrong way":   {&porukav1.ReplayEventsRequest{Id: "vtb", FromPosition: 3, EndPosition: 2}, codes.InvalidArgument, "FIELD_FORMAT"},
		"nothing":         {&porukav1.ReplayEventsRequest{Id: "vtb", FromPosition: 2, EndPosition: 2}, codes.InvalidArgument, "FIELD_FORMAT"},
		"what is to come": {&porukav1.ReplayEventsRequest{Id: "vtb", FromPosition: 0, EndPosition: 1000}, codes.NotFound, "LOG_NOT_SO_LONG"},
		"beyond the end":  {&porukav1.ReplayEventsRequest{Id: "vtb", FromPosition: 1000}, codes.NotFound, "LOG_NOT_SO_LONG"},
	} {
		_, err := operator.ReplayEvents(t.Context(), bad.in)
		refusedAs(t, name, err, bad.code, bad.reason)
	}
	_, err := porukav1.NewOperatorServiceClient(w.g.Conn("vtb")).ReplayEvents(t.Context(), &porukav1.ReplayEventsRequest{Id: "vtb"})
	refusedAs(t, "a bank", err, codes.PermissionDenied, "ACCESS_DENIED")

	end := before[2].Sequence // not the last of three
	if _, err := operator.ReplayEvents(t.Context(), &porukav1.ReplayEventsRequest{Id: "vtb", EndPosition: end}); err != nil {
		t.Fatal(err)
	}
	var replayed []called
	await(t, "two events are replayed", func() bool {
		replayed = slices.DeleteFunc(w.vtb.all(), func(e called) bool { return !e.Replay })
		return len(replayed) >= 2
	})
	if len(replayed) != 2 || replayed[0].ID != before[0].ID || replayed[1].ID != before[1].ID || replayed[1].Previous != replayed[0].Sequence {
		t.Errorf("replayed %+v of %+v", replayed, before)
	}
	list, err := operator.ListReceivers(t.Context(), &porukav1.ListReceiversRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range list.GetReceivers() {
		ids = append(ids, r.GetId())
	}
	if !slices.Equal(ids, []string{"portal", "sberbank", "vtb"}) || len(list.GetReceivers()[0].GetDeadPositions()) != 0 {
		t.Errorf("receivers %v", list)
	}
	more := confirmed(t, w.g, "vtb", requests[6])
	if events := w.vtb.wait(4); events[3].ID != more || events[3].Previous != before[2].Sequence || events[3].Replay {
		t.Errorf("after the replay: %+v", events[3])
	}
}
