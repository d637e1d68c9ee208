package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// ErrMissing says that there is neither a server to use nor one to start.
var ErrMissing = errors.New("postgres: PORUKA_TEST_POSTGRES_URL is not set and no PostgreSQL 15 or later is installed")

const oldest = 15

// places where distributions put the server's programs, which are rarely on PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
}

// findBinaries gives the folder of the newest installed server.
func findBinaries() (string, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, pattern := range places {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		folders = append(folders, found...)
	}
	best, newest := "", oldest-1
	for _, folder := range folders {
		if v := versionOf(folder); v > newest {
			best, newest = folder, v
		}
	}
	if best == "" {
		return "", ErrMissing
	}
	return best, nil
}

// versionOf gives the major version of the server in folder, 0 when there is none that works.
func versionOf(folder string) int {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			return 0
		}
	}
	out, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output() //nolint:gosec,noctx // a program of the system
	if err != nil {
		return 0
	}
	words := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	i := slices.Index(words, "(PostgreSQL)")
	if i < 0 || i+1 >= len(words) {
		return 0
	}
	major, _, _ := strings.Cut(words[i+1], ".")
	n, _ := strconv.Atoi(strings.TrimRight(major, "abcdefghijklmnopqrstuvwxyz"))
	return n
}

// servant is the user as whom a private server runs: nil for the caller's own.
func servant() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUser := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGroup := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUser, errGroup); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("postgres: running as root, and there is no user to run the server as: %w", ErrMissing)
}
