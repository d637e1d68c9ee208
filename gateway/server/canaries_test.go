package server_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/gateway/client/accountimport"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/ledgertest"
	"github.com/poruka/poruka/ledger/ledgertest/database"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// aviary is a few persons whose names, numbers and addresses occur nowhere else, and everything that was told to anybody but the portal.
type aviary struct {
	t       *testing.T
	g       *gatewaytest.Gateway
	birds   []people.Account // all of them could be raised
	secrets map[string]bool
	told    []string
}

// hatch invents persons that are not yet in the ledger.
func hatch(t *testing.T, g *gatewaytest.Gateway, from uint64) *aviary {
	t.Helper()
	a := &aviary{t: t, g: g, secrets: map[string]bool{}}
	feathers := []string{"Щегло", "Зябле", "Чижо", "Снегире", "Дрозде", "Кукше", "Вьюрко", "Клесто"}
	for _, bird := range g.Population().Range(from, from+200) {
		if len(a.birds) == len(feathers) || !development.Raisable(bird, time.Now()) || bird.Person.INN == "" || bird.Person.Citizenship != "RUS" {
			continue
		}
		feather := feathers[len(a.birds)]
		p := &bird.Person
		p.FamilyName, p.GivenName, p.MiddleName = feather+"канареев", feather+"слав", feather+"славич"
		p.Email = fmt.Sprintf("kanareyka-%d@birds.example", len(a.birds))
		p.Passport.Issuer = "Отдел " + feather + "птичий"
		bird.EmailVerified = true
		a.birds = append(a.birds, bird)
		a.hide(p.FamilyName, p.GivenName, p.MiddleName, p.Email, feather+"птичий", p.SNILS, p.INN, strings.TrimPrefix(p.MobilePhone, "+7"),
			p.Passport.Series+p.Passport.Number, p.Passport.Series+" "+p.Passport.Number)
		digits := strings.NewReplacer("-", "", " ", "").Replace(p.SNILS)
		a.hide(digits, digits[:3]+"-"+digits[3:6]+"-"+digits[6:9]+" "+digits[9:])
	}
	if len(a.birds) != len(feathers) {
		t.Fatal("too few birds")
	}
	return a
}

// hide adds what nobody may ever find.
func (a *aviary) hide(secrets ...string) {
	for _, secret := range secrets {
		a.secrets[secret], a.secrets[strings.ToUpper(secret)] = true, true
	}
}

// tell keeps what was answered to somebody who must not see a secret.
func (a *aviary) tell(got ...any) {
	for _, one := range got {
		switch one := one.(type) {
		case nil:
		case answer:
			a.told = append(a.told, fmt.Sprint(one.header), one.body)
		case proto.Message:
			a.told = append(a.told, asJSON(a.t, one))
		case metadata.MD:
			a.told = append(a.told, fmt.Sprint(one))
		case error:
			over := answerOf(a.t, nil, one)
			a.told = append(a.told, over.body, one.Error())
		default:
			a.told = append(a.told, fmt.Sprint(one))
		}
	}
}

// look searches texts for secrets.
func (a *aviary) look(where string, texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		low := strings.ToLower(text)
		for secret := range a.secrets {
			if at := strings.Index(low, strings.ToLower(secret)); at >= 0 {
				a.t.Errorf("%s holds a canary: ...%s", where, text[max(0, at-120):min(len(text), at+60)])
			}
		}
	}
}

func (a *aviary) allSecrets() []string { return slices.Collect(maps.Keys(a.secrets)) }

// lookInDatabase searches every value of every table, and the log of the server.
func (a *aviary) lookInDatabase(url string) {
	a.t.Helper()
	if url == "" {
		return // the embedded ledger is files of the data directory
	}
	folder := a.t.TempDir()
	dump := database.Dump(a.t, url)
	for table, text := range dump {
		if err := os.WriteFile(filepath.Join(folder, table), text, 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	if len(dump["account"]) == 0 || len(dump["attempt"]) == 0 || !strings.Contains(string(dump["entry"]), "vtb") {
		a.t.Error("nothing is in the database, so that nothing can be found there")
	}
	ledgertest.Canary(a.t, folder, a.allSecrets()...)
	if text, ok := ledgers.PostgreSQLLog(); ok {
		a.look("the log of the database server", text)
	}
}

// row is a bird as the portal imports it.
func (a *aviary) row(n int) *porukav1.PutAccountRequest {
	row := accountfile.Row(a.birds[n])
	return accountimport.RequestOf(&row)
}

// claim is what a bank that tells the truth says of a bird, changed.
func (a *aviary) claim(n int, change func(*porukav1.ConfirmIdentityRequest)) *porukav1.ConfirmIdentityRequest {
	claim := development.Claim(a.birds[n])
	claim.RequestId = uuid.NewString()
	claim.Authentication.Time, claim.Consent.Time = timestamppb.Now(), timestamppb.Now()
	if change != nil {
		change(claim)
	}
	return claim
}

// trap is a clock that panics, with a secret in its hands, when a room asks it for the time.
type trap struct {
	room   atomic.Pointer[string] // whose functions set it off; nil: nobody's
	secret atomic.Pointer[string]
	sprung atomic.Int64
}

func (c *trap) set(room, secret string) {
	c.secret.Store(&secret)
	c.room.Store(&room)
}

func (c *trap) unset() { c.room.Store(nil) }

// now gives the time, or does not.
func (c *trap) now() time.Time {
	room := c.room.Load()
	if room == nil {
		return time.Now()
	}
	callers := make([]uintptr, 3)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, *room) {
			c.sprung.Add(1)
			panic(fmt.Errorf("a clock in despair of %s", *c.secret.Load()))
		}
		if !more {
			return time.Now()
		}
	}
}
