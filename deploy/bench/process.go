package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own, so that its CPU time and memory are its own.
type process struct {
	command *exec.Cmd
	errors  string        // file with what it wrote to standard error
	Ready   time.Duration // from start to its ready line
	output  *bufio.Reader
}

// ready is how the line begins that a server prints when it can be called.
const ready = "ready"

// startProcess starts a server and waits until it is ready.
func startProcess(ctx context.Context, dir, name string, args ...string) (*process, error) {
	log, err := os.CreateTemp(dir, filepath.Base(name)+"-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{command: exec.CommandContext(ctx, name, args...), errors: log.Name()}
	p.command.Stderr = log
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 10 * time.Second
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.output = bufio.NewReader(out)
	for {
		line, err := p.output.ReadString('\n')
		if strings.HasPrefix(line, ready) {
			p.Ready = time.Since(began)
			go func() { _, _ = io.Copy(io.Discard, p.output) }()
			return p, nil
		}
		if err != nil {
			_ = p.command.Wait()
			return nil, fmt.Errorf("%s ended before it was ready:\n%s", name, tail(p.errors))
		}
	}
}

func tail(file string) string {
	data, _ := os.ReadFile(file)
	return string(data[max(0, len(data)-2000):])
}

// attach watches a process that somebody else has started.
func attach(pid int) (*process, error) {
	found, err := os.FindProcess(pid)
	if err != nil {
		return nil, err
	}
	return &process{command: &exec.Cmd{Process: found}}, nil
}

// stop ends the server as an operator would and waits for it.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(p.errors))
	}
	return nil
}

// clockTick is the unit of CPU times in /proc on Linux, USER_HZ, which is 100 on every architecture.
const clockTick = 10 * time.Millisecond

// cpu is the user and system time that the process has used so far.
func (p *process) cpu() (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name in brackets may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is not of the expected form")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, err
}

// rss is the memory of the process that is resident now, in bytes.
func (p *process) rss() (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0, errors.New("/proc/PID/statm is not of the expected form")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// output runs a program to its end and gives what it printed.
func output(ctx context.Context, name string, args ...string) (io.Reader, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Stderr = os.Stderr
	printed, err := command.Output()
	return bytes.NewReader(printed), err
}
