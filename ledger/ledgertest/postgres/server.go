package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says what server is wanted. The zero Config is a private server with the settings that the ledger asks for.
type Config struct {
	// Durable makes commits wait for the disk, as in production. Tests of other things are faster without.
	Durable bool
	// Settings of the private server, over the defaults of this package.
	Settings map[string]string
}

// Server is a running server. Its methods are not safe for concurrent use, except URL and Database.
type Server struct {
	url      string // of the maintenance database
	folder   string // empty when the server is not private
	binaries string
	config   Config

	guard *exec.Cmd
	leash io.Closer // the server lives while this is open
}

const (
	startTimeout = 60 * time.Second
	owner        = "poruka"
	port         = "5432"
)

// Open gives the server of PORUKA_TEST_POSTGRES_URL, or starts a private one. Stop it when done. Without either the error
// is ErrMissing.
func Open(ctx context.Context, config Config) (*Server, error) {
	if external := os.Getenv("PORUKA_TEST_POSTGRES_URL"); external != "" {
		return &Server{url: external, config: config}, nil
	}
	return Private(ctx, config)
}

// Private starts a private server whatever the environment says.
func Private(ctx context.Context, config Config) (*Server, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	who, err := servant()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "poruka-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, binaries: binaries, config: config}
	if err := s.create(ctx, who); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := s.Resume(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) create(ctx context.Context, who *syscall.Credential) error {
	if who != nil {
		if err := os.Chown(s.folder, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(s.binaries, "initdb"), "--pgdata", s.data(), "--username", owner, //nolint:gosec // a program of the system
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	initdb.Dir = s.folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: initdb: %w: %s", err, out)
	}
	s.url = (&url.URL{Scheme: "postgres", User: url.User(owner), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(s.folder) + "&port=" + port}).String()
	return nil
}

// settings gives the server's command line. What the ledger recommends to operators is set here too.
func (s *Server) settings() []string {
	set := map[string]string{
		"listen_addresses":           "",
		"unix_socket_directories":    s.folder,
		"port":                       port,
		"max_connections":            "120",
		"shared_buffers":             "256MB",
		"log_min_duration_statement": "-1",
		"timezone":                   "UTC",
	}
	if !s.config.Durable {
		set["fsync"], set["synchronous_commit"], set["full_page_writes"] = "off", "off", "off"
	}
	maps.Copy(set, s.config.Settings)
	args := []string{"-D", s.data()}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// guard holds the server on a leash: it ends the server when its own standard input ends, which it does with the process
// that holds the other end, however that ends. Killed itself, it leaves a server that nobody ends: Kill kills both.
const guard = `"$@" & server=$!
trap '' INT TERM
(cat >/dev/null; kill -INT $server 2>/dev/null) <&3 &
reader=$!
wait $server
kill $reader 2>/dev/null
[ -e "$PORUKA_KEEP" ] || rm -rf "$PORUKA_FOLDER"`

// Resume starts a server that was stopped by Halt or Kill.
func (s *Server) Resume(ctx context.Context) error {
	who, err := servant()
	if err != nil {
		return err
	}
	logs, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logs.Close()
	end, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	args := append([]string{"-c", guard, "guard", filepath.Join(s.binaries, "postgres")}, s.settings()...)
	s.guard = exec.Command("/bin/sh", args...) //nolint:gosec,noctx // its life is that of the leash, not of a context
	s.guard.Dir, s.guard.Stdout, s.guard.Stderr, s.guard.ExtraFiles = s.folder, logs, logs, []*os.File{end}
	s.guard.Env = append(os.Environ(), "PORUKA_FOLDER="+s.folder, "PORUKA_KEEP="+s.keepFile())
	s.guard.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	if err := s.guard.Start(); err != nil {
		return errors.Join(err, leash.Close())
	}
	s.leash = leash
	if err := s.await(ctx); err != nil {
		return errors.Join(err, s.Stop())
	}
	return os.RemoveAll(s.keepFile())
}

func (s *Server) logFile() string  { return filepath.Join(s.folder, "log") }
func (s *Server) keepFile() string { return filepath.Join(s.folder, "keep") }

// Log gives what the server has written to its log; empty unless private.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.logFile())
	return string(text)
}

// await waits until the server answers, and makes sure that it is ours.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		folder, err := s.ask(ctx, "SHOW data_directory")
		if err == nil && folder != s.data() {
			return fmt.Errorf("postgres: another server answers at %s", s.folder)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("postgres: the server did not start: %w\n%s", err, s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) ask(ctx context.Context, question string) (string, error) {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var answer string
	err = conn.QueryRow(ctx, question).Scan(&answer)
	return answer, err
}

func (s *Server) do(ctx context.Context, command string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, command)
	return err
}

// IsPrivate reports whether the server is ours to stop.
func (s *Server) IsPrivate() bool { return s.folder != "" }

// URL is that of the maintenance database.
func (s *Server) URL() string { return s.url }

// Database makes a new database and gives its URL and a function that drops it. It is a copy of the database whose URL is
// given, which nobody may be using, or empty.
func (s *Server) Database(ctx context.Context, like string) (address string, drop func(context.Context) error, err error) {
	u, err := url.Parse(s.url)
	if err != nil {
		return "", nil, errors.New("postgres: PORUKA_TEST_POSTGRES_URL is not a URL")
	}
	name := "poruka_test_" + strings.ToLower(rand.Text()[:12])
	create := "CREATE DATABASE " + name
	if like != "" {
		from, err := url.Parse(like)
		if err != nil {
			return "", nil, errors.New("postgres: the database to copy is not a URL")
		}
		create += " TEMPLATE " + pgx.Identifier{strings.TrimPrefix(from.Path, "/")}.Sanitize()
	}
	if err := s.do(ctx, create); err != nil {
		return "", nil, fmt.Errorf("postgres: create a database: %w", err)
	}
	u.Path = "/" + name
	return u.String(), func(ctx context.Context) error { return s.do(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") }, nil
}

// Halt stops a private server in an orderly way: clients are cut off with SQLSTATE 57P01. Resume starts it again.
func (s *Server) Halt() error {
	return s.end(func(postmaster int) error { return syscall.Kill(postmaster, syscall.SIGINT) })
}

// Kill ends all processes of a private server where they are. Resume starts it again.
func (s *Server) Kill() error {
	return s.end(func(postmaster int) error {
		pids, err := s.signalAll(syscall.SIGKILL)
		for _, pid := range pids {
			gone(pid)
		}
		buried(postmaster)
		return errors.Join(err, syscall.Kill(-s.guard.Process.Pid, syscall.SIGKILL))
	})
}

// Freeze stops all processes of a private server where they are, until Thaw.
func (s *Server) Freeze() error {
	_, err := s.signalAll(syscall.SIGSTOP)
	return err
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw() error {
	_, err := s.signalAll(syscall.SIGCONT)
	return err
}

// end ends the server but keeps its data.
func (s *Server) end(how func(postmaster int) error) error {
	if !s.IsPrivate() {
		return errors.New("postgres: the server is not ours to stop")
	}
	if err := os.WriteFile(s.keepFile(), nil, 0o600); err != nil {
		return err
	}
	pid, err := s.postmaster()
	if err != nil {
		return err
	}
	if err := how(pid); err != nil {
		return err
	}
	_ = s.guard.Wait() // its status is that of a server told to stop
	return s.leash.Close()
}

// signalAll sends a signal to every process of the server. The postmaster is stopped before its children are counted: one that it
// starts in between would be left out, and what a killed server leaves running keeps the next one from starting.
func (s *Server) signalAll(sig syscall.Signal) ([]int, error) {
	if err := s.stopPostmaster(); err != nil {
		return nil, err
	}
	pids, err := s.pids()
	if err != nil {
		return nil, err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return pids, err
		}
	}
	return pids, nil
}

// pids lists the processes of the server, the postmaster first. Each leads a session of its own: they are found by their parent.
func (s *Server) pids() ([]int, error) {
	if !s.IsPrivate() {
		return nil, errors.New("postgres: the server is not ours")
	}
	postmaster, err := s.postmaster()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", postmaster, postmaster))
	if err != nil {
		return nil, err
	}
	pids := []int{postmaster}
	for field := range strings.FieldsSeq(string(text)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, child)
	}
	return pids, nil
}

func (s *Server) stopPostmaster() error {
	if !s.IsPrivate() {
		return errors.New("postgres: the server is not ours")
	}
	pid, err := s.postmaster()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); stateOf(pid) != 'T' && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	return nil
}

// stateOf gives the letter that the system has for the state of a process; 0 when there is none.
func stateOf(pid int) byte {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if _, state, found := strings.Cut(string(text), ") "); err == nil && found && state != "" {
		return state[0]
	}
	return 0
}

// gone waits until a killed process holds nothing any more; its parent may leave it unburied.
func gone(pid int) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if state := stateOf(pid); state == 0 || state == 'Z' || state == 'X' {
			return
		}
	}
}

// buried waits until the guard has taken note of the postmaster's death. One that is dead and not buried counts as running to the
// next, which then does not start; without its guard it may stay so.
func buried(postmaster int) {
	for deadline := time.Now().Add(5 * time.Second); stateOf(postmaster) != 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

func (s *Server) postmaster() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return strconv.Atoi(string(first))
}

// Stop ends a private server and removes its data; with another's server it does nothing.
func (s *Server) Stop() error {
	if !s.IsPrivate() || s.guard == nil {
		return nil
	}
	err := s.leash.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // it was halted before
	}
	_ = s.guard.Wait()
	return errors.Join(err, os.RemoveAll(s.folder))
}

// CPU is the processor time that all processes of a private server have used.
func (s *Server) CPU() (time.Duration, error) {
	pids, err := s.pids()
	if err != nil {
		return 0, err
	}
	var ticks int64
	for i, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended, and its parent has its times
		}
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		last := 13 // utime and stime
		if i == 0 {
			last = 15 // and those of ended children
		}
		for _, field := range fields[11:last] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / 100, nil
}
