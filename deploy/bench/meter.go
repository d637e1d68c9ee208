package main

import (
	"time"

	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// meter reads the CPU time of what is measured.
type meter struct {
	server   *process         // nil: this program itself, whose drivers then are what is measured
	database *postgres.Server // nil: there is none
}

// reading is the CPU time used so far, user and system.
type reading struct{ server, database time.Duration }

func (m meter) read() (now reading, err error) {
	if m.server == nil {
		now.server = ownCPU()
	} else if now.server, err = m.server.cpu(); err != nil {
		return now, err
	}
	if m.database != nil {
		now.database, err = m.database.CPU()
	}
	return now, err
}

func (m meter) rss() (int64, error) {
	if m.server == nil {
		return 0, nil
	}
	return m.server.rss()
}
