package config

import (
	"errors"
	"net/url"
	"regexp"
	"time"
)

// Portal is the portal's own API, to which events are delivered.
type Portal struct {
	URL        string        `yaml:"url"`        // https, without a path or with its beginning; empty: there is none
	CA         string        `yaml:"ca"`         // PEM of who issues its server's certificates
	ServerName string        `yaml:"serverName"` // the DNS name that the certificate must hold; empty: that of url
	EventsPath string        `yaml:"eventsPath"` // default /events
	Timeout    time.Duration `yaml:"timeout"`    // of one delivery; default 3s
}

func (p *Portal) setDefaults() {
	setDefault(&p.EventsPath, "/events")
	setDefault(&p.Timeout, 3*time.Second)
	if u, err := url.Parse(p.URL); err == nil && p.ServerName == "" {
		p.ServerName = u.Hostname()
	}
}

var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+$`)

func (p *Portal) validate() error {
	if p.URL == "" {
		return nil
	}
	u, err := url.Parse(p.URL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		(u.Path != "" && !plainPath.MatchString(u.Path)) {
		return errors.New("portal.url: must be https://HOST, with a plain path or none")
	}
	var missing, path error
	if p.CA == "" {
		missing = errors.New("portal.ca: names the file of the authority that the portal's server is trusted by")
	}
	if !plainPath.MatchString(p.EventsPath) {
		path = errors.New("portal.eventsPath: must begin with a slash and hold plain parts")
	}
	return errors.Join(missing, path, within("portal.timeout", p.Timeout, 100*time.Millisecond, 10*time.Second))
}
