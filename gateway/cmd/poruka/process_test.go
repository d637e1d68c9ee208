package main

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asCommand is set in the environment of a process of the tests that is to be the command and nothing else.
const asCommand = "PORUKA_TEST_AS_COMMAND"

// process is the command in a process of its own.
type process struct {
	t       *testing.T
	command *exec.Cmd
	once    sync.Once
	ended   error
}

// serving starts the command and waits until it says that it is ready.
func serving(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, command: exec.Command(os.Args[0], args...)}
	p.command.Env = append(os.Environ(), asCommand+"=1")
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.end(syscall.SIGKILL) })
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); !strings.HasPrefix(line, "ready: ") {
		t.Fatalf("the gateway did not start: %q %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return p
}

// end sends a signal and waits for the end. It gives what the first call gave.
func (p *process) end(sig os.Signal) error {
	p.once.Do(func() {
		_ = p.command.Process.Signal(sig)
		p.ended = p.command.Wait()
	})
	return p.ended
}

// freePort finds an address on this machine that can be used again and again: below those that the system gives to callers.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(15000+rand.IntN(15000)))
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// address is where one gateway of a test serves.
type address struct{ grpc, rest, ops string }

// site is a data directory that gateways of one ledger share, and where they serve.
type site struct {
	t      *testing.T
	dir    string
	config string // file
	at     [2]address
}

func newSite(t *testing.T, dir, database string) *site {
	t.Helper()
	s := &site{t: t, dir: dir, config: filepath.Join(t.TempDir(), "poruka.yaml")}
	content := "dev: true\ndataDir: " + dir + "\ndatabaseUrl: " + database + "\n"
	if err := os.WriteFile(s.config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range s.at {
		s.at[i] = address{freePort(t), freePort(t), freePort(t)}
	}
	return s
}

func (s *site) start(i int) *process {
	s.t.Helper()
	at := s.at[i]
	return serving(s.t, "serve", "--config", s.config, "--grpc-address", at.grpc, "--rest-address", at.rest, "--ops-address", at.ops,
		"--log-file", filepath.Join(s.dir, "gateway-"+strconv.Itoa(i)+".log"))
}

// restart ends a gateway and starts it anew, after a pause in which the other is alone.
func (s *site) restart(i int, p *process, sig syscall.Signal) *process {
	s.t.Helper()
	if err := p.end(sig); err != nil && sig == syscall.SIGTERM {
		s.t.Errorf("gateway %d did not end well: %v", i, err)
	}
	time.Sleep(200 * time.Millisecond)
	return s.start(i)
}
