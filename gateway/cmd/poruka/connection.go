package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/client"
)

// callTimeout bounds one call that answers a person at a terminal.
const callTimeout = 30 * time.Second

// connection is embedded by commands that call a gateway.
type connection struct {
	Profile    string `help:"File that says where the gateway is and who is calling. Without it, and without all of the flags below, the one that 'poruka serve --dev' has left in --data-dir." placeholder:"FILE" group:"connection"`
	DataDir    string `help:"Folder of a gateway on this machine." default:".poruka" placeholder:"DIR" group:"connection"`
	Address    string `help:"Where the gateway answers gRPC." placeholder:"HOST:PORT" group:"connection"`
	Cert       string `help:"Client certificate, PEM." placeholder:"FILE" group:"connection"`
	Key        string `help:"Private key of the certificate, PEM." placeholder:"FILE" group:"connection"`
	CA         string `name:"ca" help:"Certificates that may vouch for the gateway, PEM." placeholder:"FILE" group:"connection"`
	ServerName string `help:"Name in the gateway's certificate, when it is not the host of the address." placeholder:"NAME" group:"connection"`
}

// profile puts together what the flags say. role chooses the profile when none is named.
func (c connection) profile(role certs.Role) (client.Profile, error) {
	p := client.Profile{}
	if c.Profile != "" || c.Address == "" || c.Cert == "" || c.Key == "" || c.CA == "" {
		path := c.Profile
		if path == "" {
			path = filepath.Join(c.DataDir, "profiles", string(role)+".yaml")
		}
		var err error
		p, err = client.ReadProfile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return client.Profile{}, wrongUsef("there is no %s. 'poruka serve --dev' writes it; run this in the same folder, or name "+
				"a --profile, or --address, --cert, --key and --ca", path)
		}
		if err != nil {
			return client.Profile{}, &exitError{exitUsage, err}
		}
	}
	for _, flag := range []struct {
		value string
		field *string
	}{{c.Address, &p.Address}, {c.Cert, &p.Cert}, {c.Key, &p.Key}, {c.CA, &p.CA}, {c.ServerName, &p.ServerName}} {
		if flag.value != "" {
			*flag.field = flag.value
		}
	}
	return p, nil
}

// dial connects as role.
func (c connection) dial(role certs.Role) (*grpc.ClientConn, error) {
	p, err := c.profile(role)
	if err != nil {
		return nil, err
	}
	conn, err := p.Dial()
	if errors.Is(err, client.ErrProfile) {
		return nil, &exitError{exitUsage, err}
	}
	return conn, err
}

// explained turns a failed call into words and an exit code. A question about something that is not there is answered: no.
func explained(err error) error {
	err = client.Explain(err)
	var failure *client.Failure
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition:
		return &exitError{exitNo, err}
	case codes.InvalidArgument:
		return &exitError{exitUsage, err}
	default:
		return &exitError{exitStuck, err}
	}
}

// call runs one unary call with a deadline and tells its failure.
func call[Request, Response any](ctx context.Context, method func(context.Context, Request, ...grpc.CallOption) (Response, error), request Request) (Response, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	response, err := method(ctx, request)
	if err != nil {
		return response, fmt.Errorf("the gateway did not do it: %w", explained(err))
	}
	return response, nil
}
