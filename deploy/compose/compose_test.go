package compose_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads compose.yaml as the engine's own tool does, with all profiles.
func load(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithWorkingDirectory("."), cli.WithProfiles([]string{"*"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestTheDeploymentIsWhole(t *testing.T) {
	project := load(t)
	var names []string
	for name := range project.Services {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"balancer", "cockroach-1", "cockroach-2", "cockroach-3", "gateway-1", "gateway-2", "grafana", "network-1", "network-2",
		"prometheus", "setup", "store-certs", "store-init", "tools",
	}
	if !slices.Equal(names, want) {
		t.Errorf("services %v, want %v", names, want)
	}
	used := map[string]bool{}
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			used[volume.Source] = true
			if volume.Type != types.VolumeTypeBind {
				continue
			}
			if info, err := os.Stat(volume.Source); err != nil || info.IsDir() || !volume.ReadOnly {
				t.Errorf("%s mounts %s: must be a file that is there, read-only (%v)", name, volume.Source, err)
			}
		}
	}
	for volume := range project.Volumes {
		if !used[volume] {
			t.Errorf("nobody mounts the volume %s", volume)
		}
	}
}

// pinned is a version with at least two numbers, or one of our own images.
var pinned = regexp.MustCompile(`^(poruka(-tools)?:.+|[a-z/]+:v?\d+\.\d+\.\d+(-alpine)?)$`)

func TestServicesAreConfined(t *testing.T) {
	for name, service := range load(t).Services {
		if !pinned.MatchString(service.Image) {
			t.Errorf("%s: image %s is not pinned", name, service.Image)
		}
		if service.Privileged || !slices.Contains(service.CapDrop, "ALL") || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may gain privileges", name)
		}
		if isJob := strings.HasPrefix(name, "store-"); !service.ReadOnly && !isJob {
			t.Errorf("%s may write to its own image", name)
		}
		if service.Deploy == nil || service.Deploy.Resources.Limits == nil || service.Deploy.Resources.Limits.MemoryBytes == 0 {
			t.Errorf("%s has no limit of memory", name)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s at %q", name, port.Published, port.HostIP)
			}
		}
		if service.Restart == "unless-stopped" && service.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
		for key, value := range service.Environment {
			if value != nil && strings.Contains(strings.ToUpper(key), "PASSWORD") && !strings.HasSuffix(key, "__FILE") {
				t.Errorf("%s: %s holds a secret", name, key)
			}
		}
	}
}

// TestWhoHoldsWhichKeys lists who mounts what is secret.
func TestWhoHoldsWhichKeys(t *testing.T) {
	want := map[string][]string{
		"authority":    {"setup", "tools"},
		"gateway":      {"gateway-1", "gateway-2", "setup"},
		"gateway-1":    {"gateway-1"}, // a signer must not take another's head for its own
		"gateway-2":    {"gateway-2"},
		"store-ca":     {"store-certs"},
		"store-root":   {"store-certs", "store-init"},
		"store-client": {"gateway-1", "gateway-2", "setup", "store-certs"},
	}
	got := map[string][]string{}
	for name, service := range load(t).Services {
		for _, volume := range service.Volumes {
			if _, secret := want[volume.Source]; !secret {
				continue
			}
			got[volume.Source] = append(got[volume.Source], name)
			if strings.HasPrefix(name, "gateway-") && volume.Source != name && !volume.ReadOnly {
				t.Errorf("%s may write to %s", name, volume.Source)
			}
		}
	}
	for volume, who := range want {
		slices.Sort(got[volume])
		if !slices.Equal(got[volume], who) {
			t.Errorf("%s is mounted by %v, want %v", volume, got[volume], who)
		}
	}
}

// TestOnlyTheDoorIsOutside: what is not published is on internal networks alone.
func TestOnlyTheDoorIsOutside(t *testing.T) {
	project := load(t)
	for _, name := range []string{"inside", "store"} {
		if !project.Networks[name].Internal {
			t.Errorf("the network %s has a way out", name)
		}
	}
	for name, service := range project.Services {
		if _, outside := service.Networks["outside"]; outside != (len(service.Ports) > 0) {
			t.Errorf("%s: outside %v, with %d ports", name, outside, len(service.Ports))
		}
	}
	for _, name := range []string{"gateway-1", "gateway-2"} {
		if mode := project.Services[name].NetworkMode; mode != "service:"+strings.Replace(name, "gateway", "network", 1) {
			t.Errorf("%s has the network %q", name, mode)
		}
	}
}

// TestImagesAreBuiltFromWhatIsThere compares the Dockerfile with the module.
func TestImagesAreBuiltFromWhatIsThere(t *testing.T) {
	dockerfile := read(t, "../docker/Dockerfile")
	line := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../../go.mod"))[1]
	if !regexp.MustCompile(`(?m)^FROM golang:` + regexp.QuoteMeta(line) + `\.\d+-alpine AS build$`).MatchString(dockerfile) {
		t.Errorf("the image is not built with a Go %s that is pinned, as go.mod wants", line)
	}
	for _, service := range load(t).Services {
		if service.Build == nil {
			continue
		}
		if !strings.Contains(dockerfile, " AS "+service.Build.Target+"\n") {
			t.Errorf("%s: there is no target %q", service.Name, service.Build.Target)
		}
		if _, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile)); err != nil {
			t.Error(err)
		}
	}
	sent := read(t, "../docker/Dockerfile.dockerignore")
	folders := run(t, "../..", "go", "list", "-deps", "-f", `{{if and .Module .Module.Main}}{{.ImportPath}}{{end}}`, "./gateway/cmd/poruka")
	for path := range strings.FieldsSeq(folders) {
		top, _, _ := strings.Cut(strings.TrimPrefix(path, "github.com/poruka/poruka/"), "/")
		if !strings.Contains(sent, "\n!"+top+"\n") {
			t.Errorf("%s is needed for the build and not sent to it", path)
		}
	}
}
