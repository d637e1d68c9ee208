package compose_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/poruka/poruka/gateway/client"
	"github.com/poruka/poruka/ledger/ledgertest/postgres"
)

// patience is how long anything may take to come about.
const patience = 30 * time.Second

// deployed is the deployment as processes of this machine: what setup.sh makes, gateways with poruka.yaml, each beside a proxy with
// ops.cfg, and a balancer with haproxy.cfg before them. PostgreSQL stands in for the store.
type deployed struct {
	t                 *testing.T
	binary            string
	authority, files  string
	database          string
	gateways          []*gateway
	grpc, rest, stats string // of the balancer
}

// gateway is one gateway and the address at which its health is shown.
type gateway struct {
	grpc, rest, ops, shown string
	state                  string // its data directory, kept when it is started anew
	process                *process
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	haproxy := tool(t, "haproxy")
	folder := t.TempDir()
	d := &deployed{
		t: t, binary: filepath.Join(folder, "bin", "poruka"), authority: filepath.Join(folder, "authority"),
		files: filepath.Join(folder, "files"), database: postgres.Start(t, postgres.Config{}).NewDatabase(t),
	}
	run(t, "../..", "go", "build", "-o", d.binary, "./gateway/cmd/poruka")
	for _, made := range []string{d.authority, d.files} {
		if err := os.Mkdir(made, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.setUp()
	for range 2 {
		d.gateways = append(d.gateways, d.serve(haproxy))
	}
	d.balance(haproxy)
	return d
}

// setUp runs setup.sh as the job of that name does.
func (d *deployed) setUp() {
	d.t.Helper()
	command := exec.CommandContext(d.t.Context(), "/bin/sh", "setup.sh")
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(d.binary)+":"+os.Getenv("PATH"), "AUTHORITY="+d.authority, "FILES="+d.files,
		"PORUKA_DATABASE_URL="+d.database)
	if out, err := command.CombinedOutput(); err != nil {
		d.t.Fatalf("setup.sh: %v\n%s", err, out)
	}
}

var serving = regexp.MustCompile(`ready: gRPC (\S+), REST (\S+), ops (\S+)`)

// serve starts a gateway and its proxy.
func (d *deployed) serve(haproxy string) *gateway {
	d.t.Helper()
	g := &gateway{shown: free(d.t), state: d.t.TempDir()}
	told := d.run(g, "--grpc-address", "127.0.0.1:0", "--rest-address", "127.0.0.1:0", "--ops-address", "127.0.0.1:0")
	g.grpc, g.rest, g.ops = told[1], told[2], told[3]
	configuration := filepath.Join(d.t.TempDir(), "ops.cfg")
	write(d.t, configuration, strings.NewReplacer(":9465", g.shown, "127.0.0.1:9464", g.ops).Replace(read(d.t, "ops.cfg")))
	start(d.t, haproxy, "-db", "-f", configuration)
	return g
}

// run starts the gateway itself with poruka.yaml, but for the addresses, and gives what it says of them.
func (d *deployed) run(g *gateway, addresses ...string) []string {
	d.t.Helper()
	settings := filepath.Join(d.t.TempDir(), "poruka.yaml")
	write(d.t, settings, strings.NewReplacer("dataDir: /var/lib/poruka", "dataDir: "+g.state, "/etc/poruka/files", d.files, "/etc/poruka/roster.yaml", absolute(d.t, "../config/roster.yaml")).
		Replace(read(d.t, "poruka.yaml")))
	flags := append([]string{"serve", "--config", settings, "--database-url", d.database}, addresses...)
	run(d.t, ".", d.binary, append(flags, "--check")...)
	g.process = start(d.t, d.binary, flags...)
	return g.process.await(serving)
}

// balance starts the balancer with haproxy.cfg, but for names and ports.
func (d *deployed) balance(haproxy string) {
	d.t.Helper()
	d.grpc, d.rest, d.stats = free(d.t), free(d.t), free(d.t)
	pairs := []string{"bind :8443", "bind " + d.grpc, "bind :8444", "bind " + d.rest, "bind :8405", "bind " + d.stats, "check port 9465", "check"}
	for i, g := range d.gateways {
		_, port, _ := net.SplitHostPort(g.shown)
		name := fmt.Sprintf("gateway-%d:", i+1)
		pairs = append(pairs, name+"8443", g.grpc+" port "+port, name+"8444", g.rest+" port "+port)
	}
	configuration := filepath.Join(d.t.TempDir(), "haproxy.cfg")
	write(d.t, configuration, strings.NewReplacer(pairs...).Replace(read(d.t, "haproxy.cfg")))
	start(d.t, haproxy, "-db", "-f", configuration)
	d.awaitUp(len(d.gateways))
}

// awaitUp waits until the balancer counts so many gateways that are up, for gRPC and for REST.
func (d *deployed) awaitUp(gateways int) {
	d.t.Helper()
	up := regexp.MustCompile(`(?m)^haproxy_server_status\{.*state="UP"\} 1$`)
	eventually(d.t, func() bool {
		return len(up.FindAllString(page(d.t, plain(), "http://"+d.stats+"/metrics"), -1)) == 2*gateways
	})
}

// profile is how a caller reaches the balancer.
func (d *deployed) profile(caller string) client.Profile {
	certs := filepath.Join(d.authority, "certs")
	return client.Profile{
		Address: d.grpc, RESTAddress: d.rest, CA: filepath.Join(certs, "ca.pem"),
		Cert: filepath.Join(certs, caller+".pem"), Key: filepath.Join(certs, caller+"-key.pem"),
	}
}

// process is a program under way. It is killed when the test ends.
type process struct {
	t     *testing.T
	name  string
	lines chan string
	ended chan error
	pid   *os.Process
}

func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	command := exec.Command(program, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: filepath.Base(program), lines: make(chan string, 100), ended: make(chan error, 1), pid: command.Process}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			select {
			case p.lines <- scanner.Text():
			default: // nobody reads that much: what is newest counts
				select {
				case <-p.lines:
				default:
				}
				p.lines <- scanner.Text()
			}
		}
		p.ended <- command.Wait()
	}()
	t.Cleanup(func() {
		_ = p.pid.Kill()
		<-done
		for t.Failed() && len(p.lines) > 0 {
			t.Logf("%s: %s", p.name, <-p.lines)
		}
	})
	return p
}

// await gives the groups of the first line that matches.
func (p *process) await(pattern *regexp.Regexp) []string {
	p.t.Helper()
	for timeout := time.After(patience); ; {
		select {
		case line := <-p.lines:
			if found := pattern.FindStringSubmatch(line); found != nil {
				return found
			}
		case err := <-p.ended:
			p.t.Fatalf("%s ended: %v", p.name, err)
		case <-timeout:
			p.t.Fatalf("%s did not say %v", p.name, pattern)
		}
	}
}

// drain asks the process to end and waits until it has.
func (p *process) drain() {
	p.t.Helper()
	if err := p.pid.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("%s ended: %v", p.name, err)
		}
	case <-time.After(patience):
		p.t.Fatalf("%s did not end", p.name)
	}
}

// free is an address that nobody listens on now.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	whole, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// plain calls without TLS.
func plain() *http.Client { return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} }

// page is what a GET gives: the body, or the status when that is not 200, or the error.
func page(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err.Error()
	case response.StatusCode != http.StatusOK:
		return response.Status
	default:
		return string(body)
	}
}

func eventually(t *testing.T, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("did not come about in %v", patience)
		}
	}
}
