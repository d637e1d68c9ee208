package authority_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poruka/poruka/certs/authority"
)

func TestListRenewRevoke(t *testing.T) {
	a, config, c := newAuthority(t)
	bank, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "bank/vtb")})
	short, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "portal"), ValidFor: time.Hour})
	gateway, _ := issue(t, a, gatewayRequest(t))
	c.advance(30)

	renewed, err := a.Renew(gateway.Serial, 0)
	if err != nil || renewed.Serial == gateway.Serial || bytes.Equal(renewed.KeyPEM, gateway.KeyPEM) {
		t.Fatalf("renewed: %q, %v", renewed.Serial, err)
	}
	if err := a.Revoke(bank.Serial, authority.KeyCompromise); err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(bank.Serial, authority.Superseded); !errors.Is(err, authority.ErrRevoked) {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := a.Renew(bank.Serial, 0); !errors.Is(err, authority.ErrRevoked) {
		t.Errorf("renewed after revocation: %v", err)
	}
	if err := a.Revoke("abc", authority.Unspecified); !errors.Is(err, authority.ErrUnknownSerial) {
		t.Errorf("an unknown serial: %v", err)
	}
	if _, err := a.Renew("abc", 0); !errors.Is(err, authority.ErrUnknownSerial) {
		t.Errorf("an unknown serial: %v", err)
	}
	if err := a.Revoke(short.Serial, "boredom"); !errors.Is(err, authority.ErrRequest) {
		t.Errorf("a reason that is none: %v", err)
	}

	again, err := authority.Open(config) // everything is on disk
	if err != nil {
		t.Fatal(err)
	}
	all, err := again.List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all {
		got = append(got, fmt.Sprintf("%s %s %s%s %v %v", e.Serial, e.Identity, e.Status, e.Reason, e.DNSNames, e.IPs))
	}
	want := []string{
		bank.Serial + " poruka://dev.poruka/bank/vtb revokedkey-compromise [] []",
		short.Serial + " poruka://dev.poruka/portal expired [] []",
		gateway.Serial + " poruka://dev.poruka/gateway valid [localhost *.example.org] [::1]",
		renewed.Serial + " poruka://dev.poruka/gateway valid [localhost *.example.org] [::1]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !all[0].RevokedAt.Equal(c.now()) || !all[3].NotAfter.Equal(c.now().Add(authority.DefaultValidFor)) {
		t.Errorf("times: %+v", all)
	}
}

func TestRevocationLists(t *testing.T) {
	a, config, c := newAuthority(t)
	path := filepath.Join(t.TempDir(), "crl.pem")
	write := func() []byte {
		t.Helper()
		next, err := a.WriteCRL(path)
		if err != nil || !next.Equal(c.now().Add(authority.DefaultListLife)) {
			t.Fatalf("next update %v, %v", next, err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	bank, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "bank/vtb")})
	empty := write()
	if got := serials(empty); len(got) != 0 {
		t.Errorf("revoked: %v", got)
	}
	if err := a.Revoke(bank.Serial, authority.Unspecified); err != nil {
		t.Fatal(err)
	}
	if got := serials(write()); !slices.Equal(got, []string{bank.Serial}) {
		t.Errorf("revoked: %v", got)
	}
	c.advance(96) // six days after its expiry
	if got := serials(write()); !slices.Equal(got, []string{bank.Serial}) {
		t.Errorf("revoked: %v", got)
	}
	c.advance(2)
	if got := serials(write()); len(got) != 0 {
		t.Errorf("the list never forgets: %v", got)
	}
	index, err := os.ReadFile(filepath.Join(config.Dir, "index.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if want := fmt.Sprintf(`"event":"listed","number":%d}`, n+1); !strings.Contains(string(index), want) {
			t.Errorf("the index lacks %s", want)
		}
	}
}

// What a crash has cut off was never handed out; the next writer goes on after the last whole line.
func TestACutLineIsNothing(t *testing.T) {
	a, config, _ := newAuthority(t)
	first, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "portal")})
	path := filepath.Join(config.Dir, "index.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut < len(whole); cut += 7 {
		if err := os.WriteFile(path, append(bytes.Clone(whole), whole[last:cut]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := a.List(); err != nil || len(all) != 1 {
			t.Fatalf("cut at %d: %v, %v", cut, all, err)
		}
		second, _ := issue(t, a, authority.IssueRequest{Identity: identity(t, "operator")})
		all, err := a.List()
		if err != nil || len(all) != 2 || all[0].Serial != first.Serial || all[1].Serial != second.Serial {
			t.Fatalf("cut at %d: %v, %v", cut, all, err)
		}
	}
}

// What is written next may be shorter than what was cut.
func TestACutLineIsRemovedWhole(t *testing.T) {
	a, config, _ := newAuthority(t)
	issue(t, a, authority.IssueRequest{Identity: identity(t, "portal")})
	path := filepath.Join(config.Dir, "index.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	if err := os.WriteFile(path, append(bytes.Clone(whole), whole[last:len(whole)-1]...), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := a.WriteCRL(filepath.Join(t.TempDir(), "crl.pem")); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(content), string(whole)) || strings.Count(string(content), "\n") != 4 || content[len(content)-1] != '\n' {
		t.Errorf("%v\n%s", err, content)
	}
}

func TestASpoiltIndexIsTold(t *testing.T) {
	for name, line := range map[string]string{
		"garbage":             "garbage\n",
		"an unknown field":    `{"time":"2026-11-22T12:00:00Z","event":"issued","colour":"red"}` + "\n",
		"a second CA":         `{"time":"2026-11-22T12:00:00Z","event":"created","trustDomain":"x","listLife":"1h"}` + "\n",
		"no dates":            `{"time":"2026-11-22T12:00:00Z","event":"issued","serial":"1","identity":"poruka://dev.poruka/portal"}` + "\n",
		"no identity":         `{"time":"2026-11-22T12:00:00Z","event":"issued","serial":"1","notBefore":"2026-11-22T12:00:00Z","notAfter":"2026-11-22T12:00:00Z"}` + "\n",
		"revoked, not issued": `{"time":"2026-11-22T12:00:00Z","event":"revoked","serial":"1"}` + "\n",
	} {
		a, config, _ := newAuthority(t)
		file, err := os.OpenFile(filepath.Join(config.Dir, "index.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.WriteString(line)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		if all, err := a.List(); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v, %v", name, all, err)
		}
		if err := a.Revoke("1", authority.Unspecified); err == nil {
			t.Errorf("%s: something was revoked", name)
		}
	}
}

// Several processes share a folder; here they are several openings of it.
func TestNothingIsLostBetweenWriters(t *testing.T) {
	_, config, _ := newAuthority(t)
	list := filepath.Join(t.TempDir(), "crl.pem")
	const writers, each = 4, 8
	var group sync.WaitGroup
	for range writers {
		a, err := authority.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for range each {
				issued, err := a.Issue(authority.IssueRequest{Identity: identity(t, "portal")})
				if err == nil {
					err = a.Revoke(issued.Serial, authority.Superseded)
				}
				if err == nil {
					_, err = a.WriteCRL(list)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	a, err := authority.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.List()
	if err != nil || len(all) != writers*each {
		t.Fatalf("%d listed, %v; want %d", len(all), err, writers*each)
	}
	content, err := os.ReadFile(list)
	if err != nil || len(serials(content)) != writers*each {
		t.Errorf("%d on the last list, %v; want %d", len(serials(content)), err, writers*each)
	}
}

// FuzzIndex feeds an index: no panic, and what is listed has an identity and dates.
func FuzzIndex(f *testing.F) {
	a, config, _ := newAuthority(f)
	issued, _ := issue(f, a, gatewayRequest(f))
	if err := a.Revoke(issued.Serial, authority.Superseded); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(config.Dir, "index.jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := a.List()
		if err != nil {
			return
		}
		for _, e := range all {
			if e.Identity.Role == "" || e.Status == "" {
				t.Fatalf("listed %+v", e)
			}
		}
	})
}
