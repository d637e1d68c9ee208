package roster

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/poruka/poruka/partners"
)

// What an endpoint is when the roster does not say.
const (
	defaultTimeout    = 3 * time.Second
	defaultConcurrent = 20
)

// Bounds of an endpoint.
const (
	minTimeout    = 100 * time.Millisecond
	maxTimeout    = 30 * time.Second
	maxConcurrent = 1000
)

// endpoint reads a bank's own API. A bank may have a link alone.
func (k Known) endpoint(o object) partners.Endpoint {
	if !o.has("endpoint") {
		return partners.Endpoint{}
	}
	e := o.w.object(o.value("endpoint"), o.path, "url", "ca", "serverName", "timeout", "concurrent", "ordersPath", "eventsPath", "link")
	e.prefix = "endpoint."
	endpoint := partners.Endpoint{Link: link(e)}
	if e.has("link") && len(e.values) == 1 {
		return endpoint
	}
	endpoint.ServerName = e.optional("serverName")
	e.check("serverName", endpoint.ServerName == "" || isHost(endpoint.ServerName), "must be a DNS name, in lower case")
	endpoint.URL, endpoint.ServerName = address(e, endpoint.ServerName)
	endpoint.Authority = k.authority(e)
	endpoint.Timeout = timeout(e)
	endpoint.Concurrent = defaultConcurrent
	if e.has("concurrent") {
		endpoint.Concurrent = e.count("concurrent")
		e.check("concurrent", endpoint.Concurrent <= maxConcurrent, "must be at most %d", maxConcurrent)
	}
	endpoint.OrdersPath, endpoint.EventsPath = path(e, "ordersPath"), path(e, "eventsPath")
	return endpoint
}

// address reads where the API is. Without a name of its own the server has that of the address.
func address(e object, serverName string) (text, name string) {
	text = e.text("url")
	if text == "" {
		return "", serverName
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Opaque != "" {
		e.check("url", false, "must begin with https://")
		return "", serverName
	}
	e.check("url", u.User == nil && !strings.ContainsAny(text, "?#"), "must not hold a user, a query or a fragment")
	e.check("url", u.Path == "" || isPath(u.Path) && u.RawPath == "", "must end with the host or a plain path, without a slash at its end")
	e.check("url", isPort(u), "must have a port from 1 to 65535, or none")
	host := u.Hostname()
	switch {
	case net.ParseIP(host) != nil:
		e.check("url", serverName != "", "is of an address: then serverName must say what the server's certificate holds")
	case !isHost(host):
		e.check("url", false, "must hold a DNS name, in lower case, or an address")
	case serverName == "":
		serverName = host
	}
	return text, serverName
}

func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n >= 1 && n <= 65535
}

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// isHost takes a DNS name whose last part begins with a letter: otherwise it might be an address in disguise.
func isHost(name string) bool { return len(name) <= 253 && hostForm.MatchString(name) }

var pathForm = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+$`)

// isPath takes plain parts after a slash each, none of which begins with a dot.
func isPath(path string) bool { return len(path) <= 200 && pathForm.MatchString(path) }

func path(e object, key string) string {
	text := e.optional(key)
	e.check(key, text == "" || isPath(text), "must begin with a slash and hold plain parts, without a slash at its end")
	return text
}

// authority reads who issues the server's certificates.
func (k Known) authority(e object) *x509.CertPool {
	name := e.text("ca")
	if name == "" || k.Read == nil {
		return nil
	}
	content, err := k.Read(name)
	if err != nil {
		e.check("ca", false, "cannot be read: %v", err)
		return nil
	}
	pool, err := authorities(content)
	e.check("ca", err == nil, "%s: %v", name, err)
	return pool
}

func authorities(content []byte) (*x509.CertPool, error) {
	pool, count := x509.NewCertPool(), 0
	for rest := content; ; count++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil || !cert.IsCA {
			return nil, errors.New("must hold certificates of authorities and nothing else")
		}
		pool.AddCert(cert)
	}
	if count == 0 || count != strings.Count(string(content), "-----BEGIN ") {
		return nil, errors.New("holds no certificate in PEM, or a broken one")
	}
	return pool, nil
}

func timeout(e object) time.Duration {
	if !e.has("timeout") {
		return defaultTimeout
	}
	d, err := time.ParseDuration(e.text("timeout"))
	e.check("timeout", err == nil && d >= minTimeout && d <= maxTimeout, "must be a time from %s to %s, for example 3s", minTimeout, maxTimeout)
	return d
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// link reads where the customer goes.
func link(e object) string {
	text := e.optional("link")
	if text == "" {
		return ""
	}
	names := placeholder.FindAllString(text, -1)
	e.check("link", len(names) > 0, "must hold {order} or {code}")
	for _, name := range names {
		e.check("link", name == "{order}" || name == "{code}", "knows no %s, only {order} and {code}", name)
	}
	plain := placeholder.ReplaceAllString(text, "x")
	u, err := url.Parse(plain)
	whole := err == nil && u.Scheme == "https" && u.User == nil && isHost(u.Hostname()) && isPort(u)
	e.check("link", whole && !strings.ContainsAny(plain, "{}#"), "must be an address that begins with https://, with no user and no fragment")
	if whole {
		e.check("link", strings.HasPrefix(text, "https://"+u.Host), "must not hold {order} or {code} in its host")
	}
	return text
}
