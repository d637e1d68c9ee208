package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/partners/roster"
	"github.com/poruka/poruka/partners/sandbox/banks"
)

// demoServers are the banks' own servers: the gateway pulls orders from them and delivers events to them.
type demoServers struct {
	listeners map[string]net.Listener
	banks     map[string]*banks.Bank
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mutex sync.Mutex
	ended error
}

// listenForBanks takes a free port for each bank, and writes the roster that names them. It comes before the gateway, which reads that.
func listenForBanks(ctx context.Context, settings config.Config) (_ *demoServers, err error) {
	ids, err := development.Banks()
	if err != nil {
		return nil, err
	}
	d := &demoServers{listeners: map[string]net.Listener{}, banks: map[string]*banks.Bank{}, cancel: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.stop())
		}
	}()
	ports := roster.Ports{}
	for _, id := range ids {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("a port for the server of %s: %w", id, err)
		}
		d.listeners[string(id)] = listener
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("the server of %s listens on %s", id, listener.Addr())
		}
		ports[id] = address.Port
	}
	return d, os.WriteFile(filepath.Clean(settings.Roster), roster.DevOn(ports), 0o600)
}

// serve lets the banks answer, once the gateway's folder holds what they need.
func (d *demoServers) serve(ctx context.Context, folder string) error {
	configs, err := development.SandboxBanks(folder, time.Now)
	if err != nil {
		return err
	}
	ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, c := range configs {
		bank, err := banks.New(c)
		if err != nil {
			return fmt.Errorf("the server of %s: %w", c.ID, err)
		}
		id := string(c.ID)
		listener := d.listeners[id]
		delete(d.listeners, id) // it is the server's now
		d.banks[id] = bank
		d.running.Go(func() {
			err := bank.Serve(ctx, listener)
			d.mutex.Lock()
			defer d.mutex.Unlock()
			d.ended = errors.Join(d.ended, err)
		})
	}
	return nil
}

// stop ends the servers, and gives up the ports that nobody serves.
func (d *demoServers) stop() error {
	d.cancel()
	d.running.Wait()
	err := d.ended
	for _, listener := range d.listeners {
		err = errors.Join(err, listener.Close())
	}
	return err
}
