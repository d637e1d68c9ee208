package banks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
)

// Control is the API with which tests in any language play the customers and break the banks. It has no authentication, so it is to be
// served on loopback alone; a call that a web page could make is refused.
type Control struct{ banks []*Bank }

// NewControl makes the control API of some banks.
func NewControl(banks ...*Bank) *Control { return &Control{banks: banks} }

// ErrNotLoopback says that the control API would be open to the network.
var ErrNotLoopback = errors.New("banks: the control API has no authentication and must stay on a loopback address")

// Serve answers on listener until ctx ends. It closes listener and returns nil after a clean end.
func (c *Control) Serve(ctx context.Context, listener net.Listener) error {
	if address, ok := listener.Addr().(*net.TCPAddr); !ok || !address.IP.IsLoopback() {
		return errors.Join(ErrNotLoopback, listener.Close())
	}
	server := &http.Server{
		Handler: c.handler(), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	return serve(ctx, server, func() error { return server.Serve(listener) })
}

func (c *Control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control", c.all)
	mux.HandleFunc("GET /control/{bank}", c.on(func(b *Bank, _ command) (any, error) { return stateOf(b), nil }))
	mux.HandleFunc("GET /control/{bank}/events", c.on(func(b *Bank, _ command) (any, error) {
		return map[string]any{"events": append([]Event{}, b.Events()...)}, nil
	}))
	mux.HandleFunc("POST /control/{bank}/agree", c.on(agree))
	mux.HandleFunc("POST /control/{bank}/refuse", c.on(func(b *Bank, in command) (any, error) { return stateOf(b), b.Refuse(in.Order) }))
	mux.HandleFunc("POST /control/{bank}/fault", c.on(misbehave))
	mux.HandleFunc("DELETE /control/{bank}/fault", c.on(func(b *Bank, _ command) (any, error) {
		b.Behave()
		return stateOf(b), nil
	}))
	mux.HandleFunc("DELETE /control/{bank}/tokens", c.on(func(b *Bank, _ command) (any, error) {
		b.ForgetTokens()
		return stateOf(b), nil
	}))
	return mux
}

// command is the body of every POST; which keys mean something depends on the path.
type command struct {
	Order  string    `json:"order"`
	SNILS  string    `json:"snils"`
	Native *native   `json:"person"`
	Kind   Kind      `json:"kind"`
	Count  int       `json:"count"`
	Until  time.Time `json:"until"`
	Delay  string    `json:"delay"` // for example 1.5s
	On     string    `json:"on"`
}

// native is a person as in the native API.
type native struct {
	FamilyName  string `json:"familyName"`
	GivenName   string `json:"givenName"`
	MiddleName  string `json:"middleName"`
	BirthDate   string `json:"birthDate"`
	Sex         string `json:"sex"`
	Citizenship string `json:"citizenship"`
	Passport    struct {
		Series         string `json:"series"`
		Number         string `json:"number"`
		IssueDate      string `json:"issueDate"`
		DepartmentCode string `json:"departmentCode"`
		Issuer         string `json:"issuer"`
	} `json:"passport"`
	SNILS       string `json:"snils"`
	INN         string `json:"inn"`
	MobilePhone string `json:"mobilePhone"`
	Email       string `json:"email"`
}

func (n native) raw() person.Raw {
	return person.Raw{
		FamilyName: n.FamilyName, GivenName: n.GivenName, MiddleName: n.MiddleName, BirthDate: n.BirthDate, Sex: n.Sex, Citizenship: n.Citizenship,
		Passport: person.RawPassport{
			Series: n.Passport.Series, Number: n.Passport.Number, IssueDate: n.Passport.IssueDate,
			DepartmentCode: n.Passport.DepartmentCode, Issuer: n.Passport.Issuer,
		},
		SNILS: n.SNILS, INN: n.INN, MobilePhone: n.MobilePhone, Email: n.Email,
	}
}

func agree(b *Bank, in command) (any, error) {
	if in.Native != nil {
		return stateOf(b), b.Agree(in.Order, in.Native.raw())
	}
	return stateOf(b), b.AgreeBySNILS(in.Order, in.SNILS)
}

func misbehave(b *Bank, in command) (any, error) {
	fault := Fault{Kind: in.Kind, Count: in.Count, Until: in.Until, On: in.On}
	if in.Delay != "" {
		var err error
		if fault.Delay, err = time.ParseDuration(in.Delay); err != nil {
			return nil, fmt.Errorf("banks: delay: %w", err)
		}
	}
	err := b.Misbehave(fault)
	return stateOf(b), err
}

// state is how a bank stands.
type state struct {
	Bank   partners.ID `json:"bank"`
	Name   string      `json:"name"`
	Faults []faultJSON `json:"faults"`
	Events int         `json:"events"` // kept
}

type faultJSON struct {
	Kind  Kind      `json:"kind"`
	Count int       `json:"count,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Delay string    `json:"delay,omitempty"`
	On    string    `json:"on,omitempty"`
}

func stateOf(b *Bank) state {
	s := state{Bank: b.ID(), Name: b.Name(), Faults: []faultJSON{}, Events: len(b.Events())}
	for _, f := range b.Faults() {
		one := faultJSON{Kind: f.Kind, Count: f.Count, Until: f.Until, On: f.On}
		if f.Delay > 0 {
			one.Delay = f.Delay.String()
		}
		s.Faults = append(s.Faults, one)
	}
	return s
}

func (c *Control) all(w http.ResponseWriter, r *http.Request) {
	if err := local(r); err != nil {
		write(w, object(http.StatusForbidden, problem(err)))
		return
	}
	states := []state{}
	for _, b := range c.banks {
		states = append(states, stateOf(b))
	}
	write(w, object(http.StatusOK, map[string]any{"banks": states, "kinds": Kinds()}))
}

// on reads a call to one bank and answers it.
func (c *Control) on(act func(*Bank, command) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i := slices.IndexFunc(c.banks, func(b *Bank) bool { return string(b.ID()) == r.PathValue("bank") })
		if err := local(r); err != nil {
			write(w, object(http.StatusForbidden, problem(err)))
			return
		}
		if i < 0 {
			write(w, object(http.StatusNotFound, problem(errors.New("there is no such bank"))))
			return
		}
		in, err := read(r)
		var out any
		if err == nil {
			out, err = act(c.banks[i], in)
		}
		if err != nil {
			write(w, object(http.StatusBadRequest, problem(err)))
			return
		}
		write(w, object(http.StatusOK, out))
	}
}

func problem(err error) map[string]string {
	return map[string]string{"error": strings.TrimPrefix(err.Error(), "banks: ")}
}

// local refuses what a web page could send without being asked: another host's name, and forms.
func local(r *http.Request) error {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("call localhost by its name")
	}
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return errors.New("the content type must be application/json")
	}
	return nil
}

func read(r *http.Request) (in command, err error) {
	if r.Method != http.MethodPost {
		return in, nil
	}
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxEvent))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&in); err != nil {
		return in, errors.New("the body must be an object of known keys")
	}
	return in, nil
}
