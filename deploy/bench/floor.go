package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

// floor is a server that does nothing: the main call with a ready-made answer, over the same mTLS, without interceptors,
// ledger or logs. What it costs is what no gateway on these libraries can go below.
type floor struct {
	porukav1.UnimplementedConfirmationServiceServer
}

// ConfirmIdentity answers at once with what a confirmation usually looks like.
func (floor) ConfirmIdentity(_ context.Context, r *porukav1.ConfirmIdentityRequest) (*porukav1.ConfirmIdentityResponse, error) {
	return &porukav1.ConfirmIdentityResponse{Confirmation: &porukav1.Confirmation{
		Name:        "confirmations/00000000-0000-8000-8000-000000000000",
		RequestId:   r.GetRequestId(),
		Bank:        "sberbank",
		Outcome:     porukav1.Confirmation_CONFIRMED,
		Kind:        porukav1.Confirmation_CONFIRMATION,
		LevelBefore: porukav1.Account_STANDARD,
		LevelAfter:  porukav1.Account_CONFIRMED,
		Method:      porukav1.Account_BANK,
		DecideTime:  timestamppb.Now(),
		Policy:      "match/1",
		Normalisation: []*porukav1.Normalisation{
			{Field: "person.familyName", Steps: []porukav1.Normalisation_Step{porukav1.Normalisation_UPPER_CASE}},
		},
	}}, nil
}

// serveFloor serves the floor until ctx is over: gRPC, and REST with the handler called in process.
func serveFloor(ctx context.Context, certificates, grpcAddress, restAddress string) error {
	tlsConfig, err := floorTLS(certificates)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(tlsConfig)))
	porukav1.RegisterConfirmationServiceServer(server, floor{})
	grpcListener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", grpcAddress)
	if err != nil {
		return err
	}
	mux := runtime.NewServeMux()
	if err := porukav1.RegisterConfirmationServiceHandlerServer(ctx, mux, floor{}); err != nil {
		return err
	}
	restTLS := tlsConfig.Clone()
	restTLS.NextProtos = []string{"h2", "http/1.1"}
	restListener, err := tls.Listen("tcp", restAddress, restTLS)
	if err != nil {
		return err
	}
	rest := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() {
		server.Stop()
		_ = rest.Close()
	})
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(grpcListener) }()
	go func() { failed <- rest.Serve(restListener) }()
	fmt.Println("ready")
	if err := <-failed; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func floorTLS(certificates string) (*tls.Config, error) {
	own, roots, err := loadPair(certificates, "gateway")
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{own},
		ClientCAs:    roots,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}, nil
}
