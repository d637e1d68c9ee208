package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Profile says where a gateway is and who is calling.
type Profile struct {
	Address     string `yaml:"address"`               // host:port of gRPC
	RESTAddress string `yaml:"restAddress,omitempty"` // host:port of REST; optional
	Cert        string `yaml:"cert"`                  // PEM file: client certificate, then its intermediates
	Key         string `yaml:"key"`                   // PEM file: its private key
	CA          string `yaml:"ca"`                    // PEM file: who may vouch for the gateway
	ServerName  string `yaml:"serverName,omitempty"`  // name in the gateway's certificate; empty: the host of the address
	LogKeys     string `yaml:"logKeys,omitempty"`     // file of the public keys of the log, as verify.ParseKeys reads it; optional
}

// maxProfile is far more than a profile needs, in bytes.
const maxProfile = 64 << 10

// ErrProfile is wrapped by every refusal of a profile. Its text is for the operator who wrote the file.
var ErrProfile = errors.New("client: bad profile")

// Validate reports the first thing that is missing or malformed. It opens no file.
func (p Profile) Validate() error {
	for _, need := range []struct{ name, value string }{
		{"address", p.Address}, {"cert", p.Cert}, {"key", p.Key}, {"ca", p.CA},
	} {
		if need.value == "" {
			return fmt.Errorf("%w: %s is missing", ErrProfile, need.name)
		}
	}
	for _, address := range []struct{ name, value string }{{"address", p.Address}, {"restAddress", p.RESTAddress}} {
		if address.value == "" {
			continue
		}
		if host, port, err := net.SplitHostPort(address.value); err != nil || host == "" || port == "" {
			return fmt.Errorf("%w: %s must be host:port", ErrProfile, address.name)
		}
	}
	return nil
}

// ReadProfile reads a YAML file. Unknown keys are refused. Paths in it are relative to its folder, so that the folder can be moved.
func ReadProfile(path string) (Profile, error) {
	file, err := os.Open(path)
	if err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxProfile+1))
	if err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	p, err := parseProfile(content)
	if err != nil {
		return Profile{}, fmt.Errorf("%w (%s)", err, path)
	}
	for _, name := range filesOf(&p) {
		if !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(path), *name)
		}
	}
	return p, nil
}

// filesOf are the paths that a profile holds.
func filesOf(p *Profile) []*string {
	files := []*string{&p.Cert, &p.Key, &p.CA}
	if p.LogKeys != "" {
		files = append(files, &p.LogKeys)
	}
	return files
}

func parseProfile(content []byte) (Profile, error) {
	if len(content) > maxProfile {
		return Profile{}, fmt.Errorf("%w: larger than %d bytes", ErrProfile, maxProfile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	var p Profile
	if err := decoder.Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return Profile{}, fmt.Errorf("%w: more than one document", ErrProfile)
	}
	return p, p.Validate()
}

// WriteProfile writes a profile that ReadProfile reads back, replacing the file whole or not at all. Paths of p are relative to
// the working directory, or absolute; in the file they are relative to its folder. Missing folders are made.
func WriteProfile(path string, p Profile) error {
	if err := p.Validate(); err != nil {
		return err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("client: writing a profile: %w", err)
	}
	for _, name := range filesOf(&p) {
		if *name, err = relativeTo(folder, *name); err != nil {
			return fmt.Errorf("client: writing a profile: %w", err)
		}
	}
	content, err := yaml.Marshal(p)
	if err != nil {
		return fmt.Errorf("client: writing a profile: %w", err)
	}
	if err := replaceFile(path, content); err != nil {
		return fmt.Errorf("client: writing a profile: %w", err)
	}
	return nil
}

func relativeTo(folder, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.Rel(folder, absolute)
}

func replaceFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".profile-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // gone already when the rename succeeded
	_, err = draft.Write(content)
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}
