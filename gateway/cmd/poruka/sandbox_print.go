package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners/sandbox/banks"
)

// playedBank is how `sandbox --json` tells of a bank.
type playedBank struct {
	Bank    string `json:"bank"`
	Name    string `json:"name"`
	Address string `json:"address"`
	Signs   bool   `json:"signs"`
}

// print tells where everything is.
func (p *playhouse) print(s *streams) error {
	control := "http://" + p.control.Addr().String() + "/control"
	var played []playedBank
	for _, one := range p.stages {
		address := "https://" + development.Local(one.listener.Addr())
		played = append(played, playedBank{string(one.bank.ID()), one.bank.Name(), address, one.signs})
	}
	if s.JSON {
		return s.printJSON(map[string]any{"banks": played, "control": control})
	}
	t := newTable("BANK", "NAME", "ADDRESS", "SIGNS")
	for _, one := range played {
		signs := "no"
		if one.Signs {
			signs = "yes"
		}
		t.add(one.Bank, one.Name, one.Address, signs)
	}
	if err := t.print(s); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Out, `
A customer of %[2]s agrees to an order, or refuses it:

  curl -H 'Content-Type: application/json' -d '{"order": "ORDER", "snils": "000-999-001 00"}' %[1]s/%[2]s/agree
  curl -H 'Content-Type: application/json' -d '{"order": "ORDER"}' %[1]s/%[2]s/refuse

The bank misbehaves (%[3]s), and behaves again:

  curl -H 'Content-Type: application/json' -d '{"kind": "slow", "count": 3}' %[1]s/%[2]s/fault
  curl -X DELETE %[1]s/%[2]s/fault

What was delivered to it:

  curl %[1]s/%[2]s/events

000-999-001 00 is a magic person, who is confirmed and stays as she is; 'poruka sandbox --persons' lists them all, one for each outcome,
reason and fault. Ctrl-C stops.

`, control, played[0].Bank, kinds())
	return err
}

func kinds() string {
	var names []string
	for _, kind := range banks.Kinds() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

// callLog prints a line for each call.
type callLog struct {
	s     *streams
	mutex sync.Mutex
}

// calledBank is how `sandbox --json` tells of a call.
type calledBank struct {
	Time         time.Time `json:"time"`
	Bank         string    `json:"bank"`
	Method       string    `json:"method"`
	Path         string    `json:"path"`
	Status       int       `json:"status"` // 0: the connection ended without an answer
	Fault        string    `json:"fault,omitempty"`
	Milliseconds int64     `json:"milliseconds"`
}

func (l *callLog) add(c banks.Call) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.s.JSON {
		_ = l.s.printJSON(calledBank{c.Time, string(c.Bank), c.Method, c.Path, c.Status, string(c.Fault), c.Took.Milliseconds()}) // who does not read it does not need it
		return
	}
	status := fmt.Sprint(c.Status)
	if c.Status == 0 {
		status = "cut"
	}
	line := fmt.Sprintf("%s  %-10s  %s  %-4s %s  %s", c.Time.Format(time.TimeOnly), c.Bank, status, harmless(c.Method), harmless(c.Path), c.Took.Round(time.Millisecond))
	if c.Fault != "" {
		line += "  " + l.s.red(string(c.Fault))
	}
	fmt.Fprintln(l.s.Out, line)
}
