package accountimport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client/accountimport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func numbered(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("account-%05d", i)
	}
	return rows
}

// config imports in chunks of 10 rows with files in a folder of their own.
func config(t *testing.T, portal porukav1.PortalServiceClient, rows accountimport.Source) accountimport.Config {
	folder := t.TempDir()
	return accountimport.Config{
		Portal: portal, Source: rows, Chunk: 10, Pause: time.Millisecond,
		Begin:   accountimport.State{File: accountimport.Fingerprint{Bytes: 1, Head: "h"}, Gateway: "g"},
		Journal: filepath.Join(folder, "journal"), Rejects: filepath.Join(folder, "rejects.csv"),
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

func TestEveryRowIsSettled(t *testing.T) {
	for name, test := range map[string]struct {
		rows    []string
		want    accountimport.Counts
		rejects []string
	}{
		"empty":      {nil, accountimport.Counts{}, nil},
		"part chunk": {numbered(7), accountimport.Counts{Created: 7}, nil},
		"chunks":     {numbered(20), accountimport.Counts{Created: 20}, nil},
		"more":       {numbered(1003), accountimport.Counts{Created: 1003}, nil},
		"again":      {append(numbered(30), numbered(30)...), accountimport.Counts{Created: 30, Unchanged: 30}, nil},
		"refused": {[]string{"a", "unreadable", "b:bad", "c"}, accountimport.Counts{Created: 2, Rejected: 2}, []string{
			"row,column,reason,text", "2,snils,SNILS_CHECKSUM,wrong check digits", "3,column of profile.person.familyName,FIELD_FORMAT,letters are wanted",
		}},
		"only unreadable": {[]string{"unreadable"}, accountimport.Counts{Rejected: 1}, []string{
			"row,column,reason,text", "1,snils,SNILS_CHECKSUM,wrong check digits",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &portal{}
			c := config(t, start(t, p), fileOf(test.rows...))
			c.Column = func(field string) string { return "column of " + field }
			state, err := accountimport.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if state.Rows != int64(len(test.rows)) || state.Counts != test.want {
				t.Errorf("%d rows, %+v; want %d, %+v", state.Rows, state.Counts, len(test.rows), test.want)
			}
			if got := lines(t, c.Rejects); !slices.Equal(got, test.rejects) {
				t.Errorf("rejects %q, want %q", got, test.rejects)
			}
		})
	}
}

func TestRowsOfOneAccountArePutInOrder(t *testing.T) {
	rows := numbered(9)
	for i := range 200 { // in each chunk the same account with another name
		rows = append(rows, append([]string{fmt.Sprintf("same:%d", i)}, numbered(9 + i)[i:]...)...)
	}
	p := &portal{}
	c := config(t, start(t, p), fileOf(rows...))
	c.Streams = 4
	if _, err := accountimport.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := p.accounts["same"].GetProfile().GetPerson().GetFamilyName(); got != "199" {
		t.Errorf("the account is as row %q left it, want 199", got)
	}
}

func TestFailuresInPassingAreRepeated(t *testing.T) {
	p := &portal{before: func(call, _ int) error {
		if call%3 == 1 {
			return status.Error(codes.Unavailable, "busy")
		}
		return nil
	}}
	c := config(t, start(t, p), fileOf(numbered(100)...))
	state, err := accountimport.Run(t.Context(), c)
	if err != nil || state.Rows != 100 || len(p.held()) != 100 {
		t.Errorf("%d rows, %d held, %v", state.Rows, len(p.held()), err)
	}
}

func TestASlowChunkIsTriedInHalves(t *testing.T) {
	p := &portal{}
	sums := map[int]int{}
	p.before = func(call, rows int) error {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		if sums[call] += rows; sums[call] > 256 {
			return status.Error(codes.DeadlineExceeded, "slow")
		}
		return nil
	}
	c := config(t, start(t, p), fileOf(numbered(2000)...))
	c.Chunk = 1000
	state, err := accountimport.Run(t.Context(), c)
	if err != nil || state.Rows != 2000 || len(p.held()) != 2000 {
		t.Errorf("%d rows, %d held, %v", state.Rows, len(p.held()), err)
	}
}

func TestAFailureStopsAndTheStateIsRight(t *testing.T) {
	for name, failure := range map[string]error{
		"denied":    status.Error(codes.PermissionDenied, "no"),
		"for long":  status.Error(codes.Unavailable, "busy"),
		"too large": status.Error(codes.ResourceExhausted, "large"),
	} {
		t.Run(name, func(t *testing.T) {
			p := &portal{}
			p.before = func(int, int) error {
				if len(p.held()) >= 50 {
					return failure
				}
				return nil
			}
			c := config(t, start(t, p), fileOf(numbered(200)...))
			state, err := accountimport.Run(t.Context(), c)
			if err == nil {
				t.Fatal("no error")
			}
			saved, found, loadErr := accountimport.LoadState(c.Journal)
			if loadErr != nil || !found || saved.Rows != state.Rows || state.Rows > int64(len(p.held())) {
				t.Errorf("journal %+v %v, state %+v, %d held", saved, loadErr, state, len(p.held()))
			}
		})
	}
}

func TestAnAnswerThatDoesNotCountEveryRowIsNotBelieved(t *testing.T) {
	p := &portal{answer: func(r *porukav1.ImportAccountsResponse) { r.Created-- }}
	c := config(t, start(t, p), fileOf(numbered(10)...))
	if state, err := accountimport.Run(t.Context(), c); err == nil || state.Rows != 0 {
		t.Errorf("%d rows, %v", state.Rows, err)
	}
}

func TestEveryRefusedRowIsNamed(t *testing.T) {
	rows := numbered(3000)
	for i := range rows {
		if i%2 == 0 {
			rows[i] += ":bad"
		}
	}
	p := &portal{}
	c := config(t, start(t, p), fileOf(rows...))
	c.Chunk = 3000
	state, err := accountimport.Run(t.Context(), c)
	if err != nil || state.Counts != (accountimport.Counts{Created: 1500, Rejected: 1500}) {
		t.Fatalf("%+v, %v", state.Counts, err)
	}
	got := lines(t, c.Rejects)
	if len(got) != 1501 || got[1] != "1,profile.person.familyName,FIELD_FORMAT,letters are wanted" || !strings.HasPrefix(got[1500], "2999,") {
		t.Errorf("%d lines", len(got))
	}
}

func TestFilesAreOptional(t *testing.T) {
	c := config(t, start(t, &portal{}), fileOf("a", "unreadable", "b:bad"))
	c.Journal, c.Rejects = "", ""
	state, err := accountimport.Run(t.Context(), c)
	if err != nil || state.Counts != (accountimport.Counts{Created: 1, Rejected: 2}) {
		t.Errorf("%+v, %v", state.Counts, err)
	}
}

func TestAFileThatBreaksOff(t *testing.T) {
	p := &portal{}
	c := config(t, start(t, p), fileOf(append(numbered(13), "broken")...))
	state, err := accountimport.Run(t.Context(), c)
	if !errors.Is(err, errBroken) || state.Rows != 13 {
		t.Errorf("%d rows, %v; want all before the break", state.Rows, err)
	}
}

// TestAnInterruptedImportIsResumed interrupts at every possible row, in the two ways: cleanly, and by forgetting what the
// process knew and keeping what it had written to disk.
func TestAnInterruptedImportIsResumed(t *testing.T) {
	rows := numbered(57)
	for _, i := range []int{3, 19, 20, 41, 56} {
		rows[i] = "unreadable"
	}
	rows[30] += ":bad"
	once := &portal{}
	whole := config(t, start(t, once), fileOf(rows...))
	want, err := accountimport.Run(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop <= len(rows); stop++ {
		for _, killed := range []bool{false, true} {
			p := &portal{}
			client := start(t, p)
			c := config(t, client, fileOf(rows...))
			interrupt(t, c, stop)
			saved, _, err := accountimport.LoadState(c.Journal)
			if err != nil {
				t.Fatal(err)
			}
			if killed {
				appendTo(t, c.Rejects, "99,half a ro") // written, but not yet in the journal
			}
			if saved.Version == 0 {
				saved = c.Begin
			}
			c.Source, c.Begin = fileOf(rows...), saved
			got, err := accountimport.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if got.Rows != want.Rows || got.Counts != want.Counts || !slices.Equal(p.held(), once.held()) {
				t.Errorf("stopped at %d: %+v, want %+v", stop, got.Counts, want.Counts)
			}
			if got, want := lines(t, c.Rejects), lines(t, whole.Rejects); !slices.Equal(got, want) {
				t.Errorf("stopped at %d: rejects %q, want %q", stop, got, want)
			}
		}
	}
}

// TestAPipeThatEndsWithTheSignal: Ctrl-C ends both sides of a pipe, and what was read is not all there was.
func TestAPipeThatEndsWithTheSignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows := &cutShort{fileOf(numbered(20)...), cancel}
	state, err := accountimport.Run(ctx, config(t, start(t, &portal{}), rows))
	if !errors.Is(err, context.Canceled) || state.Rows > 20 {
		t.Errorf("%d rows, %v; want an interrupted import", state.Rows, err)
	}
}

// cutShort ends ctx together with its rows.
type cutShort struct {
	*file
	cancel func()
}

func (c *cutShort) Next() (accountimport.Row, error) {
	row, err := c.file.Next()
	if err != nil {
		c.cancel()
	}
	return row, err
}

func interrupt(t *testing.T, c accountimport.Config, row int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	source, ok := c.Source.(*file)
	if !ok {
		t.Fatal("not a file of this test")
	}
	source.read = func(n int) {
		if n == row {
			cancel()
		}
	}
	state, err := accountimport.Run(ctx, c)
	if !errors.Is(err, context.Canceled) && state.Rows != int64(len(source.rows)) {
		t.Fatalf("stopped at %d: %d rows, %v", row, state.Rows, err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestJournalsThatMustNotBeFollowed(t *testing.T) {
	file := accountimport.Fingerprint{Bytes: 5, Head: "aa"}
	state := accountimport.State{Version: 1, File: file, Gateway: "g:1", Rows: 3}
	for name, test := range map[string]struct {
		file    accountimport.Fingerprint
		gateway string
		good    bool
	}{
		"the same":        {file, "g:1", true},
		"a longer file":   {accountimport.Fingerprint{Bytes: 6, Head: "aa"}, "g:1", false},
		"another file":    {accountimport.Fingerprint{Bytes: 5, Head: "bb"}, "g:1", false},
		"another gateway": {file, "g:2", false},
	} {
		if err := state.Continues(test.file, test.gateway); (err == nil) != test.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, content := range map[string]string{
		"empty": "", "not JSON": "rows", "unknown key": `{"version":1,"x":1}`, "another version": `{"version":2}`, "negative": `{"version":1,"rows":-1}`,
	} {
		path := filepath.Join(t.TempDir(), "journal")
		appendTo(t, path, content)
		if _, _, err := accountimport.LoadState(path); !errors.Is(err, accountimport.ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, found, err := accountimport.LoadState(filepath.Join(t.TempDir(), "none")); found || err != nil {
		t.Errorf("no journal: %v %v", found, err)
	}
}

func TestARejectsFileThatHasLostRowsIsRefused(t *testing.T) {
	p := &portal{}
	c := config(t, start(t, p), fileOf("a"))
	c.Begin.RejectsBytes = 10
	appendTo(t, c.Rejects, "short")
	if _, err := accountimport.Run(t.Context(), c); !errors.Is(err, accountimport.ErrJournal) {
		t.Error(err)
	}
}

func TestAFingerprintGivesTheWholeFile(t *testing.T) {
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 200 << 10} {
		text := strings.Repeat("ж", size/2)
		fingerprint, rest, err := accountimport.FingerprintOf(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rest)
		if err != nil || string(got) != text || fingerprint.Bytes != int64(len(text)) {
			t.Errorf("%d bytes: %d read, %v", size, len(got), err)
		}
	}
}
