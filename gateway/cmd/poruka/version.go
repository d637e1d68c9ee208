package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker: -X main.version=v1.2.3. This value is for builds without it.
var version = "0.1.0-dev"

// versionCmd tells what this binary is.
type versionCmd struct{}

// Help is shown by --help.
func (*versionCmd) Help() string {
	return `Example:

    poruka version --json
`
}

// versionInfo is what `version --json` prints.
type versionInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"` // of the revision
	Modified bool   `json:"modified"`       // built from a changed tree
}

// Run prints the version.
func (*versionCmd) Run(s *streams) error {
	info := buildVersion()
	if s.JSON {
		return s.printJSON(info)
	}
	fmt.Fprintf(s.Out, "poruka %s (%s, %s)\n", info.Version, info.Go, info.Platform)
	if info.Revision != "" {
		changed := ""
		if info.Modified {
			changed = ", with changes"
		}
		fmt.Fprintf(s.Out, "revision %s of %s%s\n", info.Revision, info.Time, changed)
	}
	return nil
}

func buildVersion() versionInfo {
	info := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Revision = setting.Value
		case "vcs.time":
			info.Time = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		}
	}
	return info
}
