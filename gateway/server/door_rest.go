package server

import (
	"net/http"

	"github.com/poruka/poruka/gateway/intercept"
	"github.com/poruka/poruka/gateway/rpc"
)

func (s *Server) openREST(_ *intercept.Chain, _ *rpc.Services) error {
	s.rest = &http.Server{TLSConfig: s.certs.ServerConfig("h2", "http/1.1")}
	return nil
}
