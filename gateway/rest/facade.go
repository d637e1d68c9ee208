package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/intercept"
)

// Times of an HTTP connection.
const (
	readTimeout  = 15 * time.Second // of a whole request
	writeTimeout = 30 * time.Second // of an answer; of each piece of a report
)

// Config is what the facade needs. All but Dialects is required.
type Config struct {
	Chain    *intercept.Chain
	Register func(grpc.ServiceRegistrar) // registers the services of poruka.v1
	Log      Log                         // what is published of the log
	Dialects Dialects                    // of the banks; nil: they have none
	TLS      *tls.Config                 // verifies clients; see certs.Source.ServerConfig
	Logger   *slog.Logger
}

// New makes the server of the REST listener.
func New(config Config) (*http.Server, error) {
	if config.Chain == nil || config.Register == nil || config.Log == nil || config.TLS == nil || config.Logger == nil {
		return nil, errors.New("rest: chain, services, log, TLS and logger are required")
	}
	f := &facade{config: config, hop: newHop()}
	config.Register(config.Chain.Registrar(f.hop))
	if err := config.Chain.Covers(f.hop.GetServiceInfo()); err != nil {
		return nil, err
	}
	if err := f.route(); err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           f,
		TLSConfig:         config.TLS,
		ReadHeaderTimeout: intercept.Handshake,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       intercept.MaxIdle,
		MaxHeaderBytes:    intercept.MaxHeaders,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: intercept.MaxStreams},

		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(config.Logger.Handler(), slog.LevelDebug),
	}, nil
}

// facade routes requests.
type facade struct {
	config Config
	hop    *hop
	known  []Route
	routes *runtime.ServeMux
	pages  *pages
}

func (f *facade) route() (err error) {
	f.routes = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{
			MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true},
		}),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithErrorHandler(f.failed),
		runtime.WithRoutingErrorHandler(f.lost),
	)
	ctx := context.Background()
	err = errors.Join(
		porukav1.RegisterConfirmationServiceHandlerClient(ctx, f.routes, porukav1.NewConfirmationServiceClient(f.hop)),
		porukav1.RegisterPortalServiceHandlerClient(ctx, f.routes, porukav1.NewPortalServiceClient(f.hop)),
		porukav1.RegisterAuditServiceHandlerClient(ctx, f.routes, porukav1.NewAuditServiceClient(f.hop)),
		porukav1.RegisterLogServiceHandlerClient(ctx, f.routes, porukav1.NewLogServiceClient(f.hop)),
		porukav1.RegisterOperatorServiceHandlerClient(ctx, f.routes, porukav1.NewOperatorServiceClient(f.hop)),
		porukav1.RegisterCallerServiceHandlerClient(ctx, f.routes, porukav1.NewCallerServiceClient(f.hop)),
	)
	if err != nil {
		return err
	}
	if f.known, err = Routes(); err != nil {
		return err
	}
	for _, route := range f.known {
		switch {
		case route.Method.IsStreamingServer():
			err = f.streamOver(route)
		case route.RPC() == styledMethod:
			err = f.styledOver(route)
		}
		if err != nil {
			return err
		}
	}
	f.pages = newPages(f.config.Chain, f.config.Log)
	return nil
}

// ServeHTTP answers one request.
func (f *facade) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, values := range always {
		header[name] = values
	}
	if len(r.TransferEncoding) > 0 {
		// The message may have claimed two lengths; what stands behind it is not read as another. Clients that send the length keep their
		// connection.
		header.Set("Connection", "close")
	}
	ctx := intercept.FromREST(r.Context(), r.TLS, remote(r.RemoteAddr))
	ctx = context.WithValue(ctx, exchangeKey{}, &exchange{w: w, r: r})
	if page := f.pages.find(r); page != nil {
		f.page(ctx, w, r, page)
		return
	}
	if hiddenSlash(r.URL) {
		f.lost(ctx, nil, nil, w, r.WithContext(ctx), http.StatusNotFound)
		return
	}
	f.routes.ServeHTTP(w, bare(ctx, r))
}

// hiddenSlash reports whether a slash of the path is written as an escape. What stands between two slashes would then depend on who reads
// the path, and no id of ours holds one.
func hiddenSlash(u *url.URL) bool {
	return strings.Contains(u.RawPath, "%2f") || strings.Contains(u.RawPath, "%2F")
}

// bare is all that grpc-gateway gets of a request: where it goes. Headers, query and body wait in the exchange until the chain asks for them.
func bare(ctx context.Context, r *http.Request) *http.Request {
	return (&http.Request{
		Method: r.Method, URL: &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath},
		Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: http.Header{}, Body: http.NoBody, TLS: r.TLS,
	}).WithContext(ctx)
}

// always are the headers that every answer has. The lists are shared by all answers: a header is replaced, never added to.
var always = map[string][]string{
	"Cache-Control":             {"no-store"},
	"X-Content-Type-Options":    {"nosniff"},
	"Strict-Transport-Security": {"max-age=31536000"},
	"Content-Security-Policy":   {"default-src 'none'; frame-ancestors 'none'"},
	"Referrer-Policy":           {"no-referrer"},
}

// remote is the address at the other end of a connection, as net/http tells it.
type remote string

// Network is that of HTTP.
func (remote) Network() string { return "tcp" }

// String gives host and port.
func (r remote) String() string { return string(r) }

// lost answers what has no route. It goes through the chain as well: it is identified, counted and audited.
func (f *facade) lost(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
	x := exchangeOf(r.Context())
	x.status = http.StatusNotFound
	if verbs := allow(f.known, r.URL.Path); status == http.StatusMethodNotAllowed && verbs != "" {
		x.status = status
		w.Header().Set("Allow", verbs)
	}
	f.writeError(ctx, w, f.config.Chain.Unknown(x.serverContext(ctx)))
}
