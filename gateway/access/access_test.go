package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/certs"
	"github.com/poruka/poruka/gateway/access"
)

func registerAll(withReflection bool) func(access.Registrar) {
	return func(s access.Registrar) {
		porukav1.RegisterConfirmationServiceServer(s, porukav1.UnimplementedConfirmationServiceServer{})
		porukav1.RegisterPortalServiceServer(s, porukav1.UnimplementedPortalServiceServer{})
		porukav1.RegisterAuditServiceServer(s, porukav1.UnimplementedAuditServiceServer{})
		porukav1.RegisterLogServiceServer(s, porukav1.UnimplementedLogServiceServer{})
		porukav1.RegisterOperatorServiceServer(s, porukav1.UnimplementedOperatorServiceServer{})
		porukav1.RegisterCallerServiceServer(s, porukav1.UnimplementedCallerServiceServer{})
		healthv1.RegisterHealthServer(s, health.NewServer())
		if withReflection {
			reflection.Register(s)
		}
	}
}

func TestTheTableCoversEveryMethod(t *testing.T) {
	for _, dev := range []bool{false, true} {
		methods := append(access.MethodsOf(registerAll(dev)), access.Pages()...)
		if _, err := access.New(access.Config{Rows: access.Rows(dev), Methods: methods}); err != nil {
			t.Errorf("reflection %v: %v", dev, err)
		}
		if _, err := access.New(access.Config{Rows: access.Rows(!dev), Methods: methods}); err == nil {
			t.Errorf("reflection %v: the table of the other mode was taken", dev)
		}
	}
}

func TestWhoMayCallWhat(t *testing.T) {
	table, err := access.New(access.Config{Rows: access.Rows(false), Methods: append(access.MethodsOf(registerAll(false)), access.Pages()...)})
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]string{
		"/poruka.v1.ConfirmationService/ConfirmIdentity":      "bank",
		"/poruka.v1.ConfirmationService/ConfirmIdentities":    "bank",
		"/poruka.v1.ConfirmationService/WithdrawConfirmation": "bank",
		"/poruka.v1.ConfirmationService/GetConfirmation":      "bank portal",
		"/poruka.v1.ConfirmationService/FindConfirmation":     "bank portal",
		"/poruka.v1.PortalService/GetAccount":                 "portal",
		"/poruka.v1.AuditService/ExportReport":                "compliance",
		"/poruka.v1.LogService/ProveInclusion":                "bank portal compliance",
		"/poruka.v1.LogService/ProveConsistency":              "bank portal compliance operator",
		"/poruka.v1.OperatorService/SuspendPartner":           "operator",
		"/poruka.v1.CallerService/DescribeCaller":             "bank portal compliance operator",
		"/grpc.health.v1.Health/Check":                        "bank portal compliance operator",
		access.PageDocs:                                       "bank portal compliance operator",
		access.PageLog:                                        "bank portal compliance operator",
		"/poruka.v1.ConfirmationService/NoSuchMethod":         "",
		"poruka.v1.ConfirmationService/ConfirmIdentity":       "",
		"": "",
	} {
		var may []string
		for _, role := range append(certs.Roles(), certs.RoleGateway, "") {
			if table.Allows(method, role) {
				may = append(may, string(role))
			}
		}
		if got := strings.Join(may, " "); got != want {
			t.Errorf("%s may be called by %q, want %q", method, got, want)
		}
	}
	methods := table.Methods(certs.RoleOperator)
	if !slices.IsSorted(methods) || !slices.Contains(methods, "/poruka.v1.CallerService/DescribeCaller") || slices.Contains(methods, access.PageDocs) {
		t.Errorf("methods of an operator: %v", methods)
	}
}

func TestRefusedTables(t *testing.T) {
	bank := []certs.Role{certs.RoleBank}
	for name, c := range map[string]access.Config{
		"method without a row": {Methods: []string{"/a/B"}},
		"row without a method": {Rows: []access.Row{{Method: "/a/B", Roles: bank}}},
		"row without roles":    {Rows: []access.Row{{Method: "/a/B"}}, Methods: []string{"/a/B"}},
		"two rows":             {Rows: []access.Row{{Method: "/a/B", Roles: bank}, {Method: "/a/B", Roles: bank}}, Methods: []string{"/a/B"}},
		"role of the server":   {Rows: []access.Row{{Method: "/a/B", Roles: []certs.Role{certs.RoleGateway}}}, Methods: []string{"/a/B"}},
	} {
		if _, err := access.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestCallerTravelsInTheContext(t *testing.T) {
	if _, ok := access.CallerFrom(context.Background()); ok {
		t.Error("an empty context has a caller")
	}
	want := certs.Caller{Identity: certs.Identity{TrustDomain: "dev.poruka", Role: certs.RoleBank, ID: "vtb"}, Serial: "1f"}
	got, ok := access.CallerFrom(access.WithCaller(context.Background(), want))
	if !ok || got != want {
		t.Errorf("caller %v, want %v", got, want)
	}
}
