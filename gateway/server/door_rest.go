package server

import (
	"google.golang.org/grpc"

	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/rest"
	"github.com/poruka/poruka/gateway/rpc"
)

func (s *Server) openREST(chain *intercept.Chain, services *rpc.Services) (err error) {
	s.rest, err = rest.New(rest.Config{
		Chain:    chain,
		Register: func(r grpc.ServiceRegistrar) { services.Register(r) },
		Log:      s.log.publisher,
		Dialects: s.styles(),
		TLS:      s.connections.config(s.certs.ServerConfig("h2", "http/1.1")),
		Logger:   s.cfg.Logger,
	})
	return err
}
