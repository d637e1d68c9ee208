package server_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// methodNamed finds a method by its full name, as the generated code has it.
func methodNamed(t testing.TB, name string) rpc {
	t.Helper()
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(name, "/"), "/", ".")))
	described, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		t.Fatalf("%s is no method: %v", name, err)
	}
	return rpc{described}
}

// confirmed lets a bank raise an account and gives the request and the id of the confirmation.
func confirmed(t *testing.T, g *gatewaytest.Gateway, bank string, r *porukav1.ConfirmIdentityRequest) string {
	t.Helper()
	out, err := porukav1.NewConfirmationServiceClient(g.Conn(bank)).ConfirmIdentity(t.Context(), r)
	if err != nil || out.GetConfirmation().GetOutcome() != porukav1.Confirmation_CONFIRMED {
		t.Fatalf("not confirmed: %v, %v", out, err)
	}
	return out.GetConfirmation().GetName()[len("confirmations/"):]
}

// TestAnotherBanksConfirmationIsUnknown asks for what is another bank's and for what does not exist, in the same way: the answers must
// be the same to the byte, but for what names the request.
func TestAnotherBanksConfirmationIsUnknown(t *testing.T) {
	ledgers.OnEach(t, anotherBanksConfirmationIsUnknown)
}

func anotherBanksConfirmationIsUnknown(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	theirs := raisable(t, g, 60)[0]
	id := confirmed(t, g, "sberbank", theirs)
	conn, rest := g.Conn("vtb"), doorOf(t, g, "vtb")
	nobodys, never := uuid.NewString(), uuid.NewString()

	get := methodNamed(t, porukav1.ConfirmationService_GetConfirmation_FullMethodName)
	find := methodNamed(t, porukav1.ConfirmationService_FindConfirmation_FullMethodName)
	withdraw := methodNamed(t, porukav1.ConfirmationService_WithdrawConfirmation_FullMethodName)
	for name, c := range map[string]struct {
		ask  func(id, requestID string) answer
		code codes.Code
	}{
		"get over gRPC": {func(id, _ string) answer {
			return withHeaders(t, get, conn, &porukav1.GetConfirmationRequest{Id: id})
		}, codes.NotFound},
		"get over REST": {func(id, _ string) answer { return rest.call(http.MethodGet, "/v1/confirmations/"+id, "") }, codes.NotFound},
		"withdraw over gRPC": {func(id, _ string) answer {
			return withHeaders(t, withdraw, conn, &porukav1.WithdrawConfirmationRequest{Id: id})
		}, codes.NotFound},
		"withdraw over REST": {func(id, _ string) answer {
			return rest.call(http.MethodPost, "/v1/confirmations/"+id+":withdraw", "{}")
		}, codes.NotFound},
		"find over gRPC": {func(_, requestID string) answer {
			return withHeaders(t, find, conn, &porukav1.FindConfirmationRequest{RequestId: requestID})
		}, codes.OK},
		"find over REST": {func(_, requestID string) answer {
			return rest.call(http.MethodGet, "/v1/confirmations:byRequest?requestId="+requestID, "")
		}, codes.OK},
	} {
		another, unknown := c.ask(id, theirs.GetRequestId()), c.ask(nobodys, never)
		if another.code != c.code || unknown.code != c.code || another.same() != unknown.same() || another.http != unknown.http {
			t.Errorf("%s: another's gives HTTP %d %s\n%s\nunknown gives HTTP %d %s\n%s", name,
				another.http, another.refusedWith(), another.same(), unknown.http, unknown.refusedWith(), unknown.same())
		}
		if a, u := plainHeaders(another), plainHeaders(unknown); !maps.EqualFunc(a, u, slices.Equal) {
			t.Errorf("%s: headers differ:\n%v\n%v", name, a, u)
		}
	}
	own := methodNamed(t, porukav1.ConfirmationService_GetConfirmation_FullMethodName).
		call(t, g.Conn("sberbank"), &porukav1.GetConfirmationRequest{Id: id})
	if own.code != codes.OK {
		t.Errorf("its own bank gets %s", own.refusedWith())
	}
}

// withHeaders is call, with headers and trailers of the answer.
func withHeaders(t *testing.T, m rpc, conn *grpc.ClientConn, in proto.Message) answer {
	t.Helper()
	var header, trailer metadata.MD
	a := m.call(t, conn, in, grpc.Header(&header), grpc.Trailer(&trailer))
	a.header = metadata.Join(header, trailer)
	return a
}

// plainHeaders are the headers without the values that differ between any two answers.
func plainHeaders(a answer) map[string][]string {
	plain := maps.Clone(a.header)
	for _, name := range []string{"X-Request-Id", "x-request-id", "Date", "grpc-status-details-bin"} {
		if _, ok := plain[name]; ok {
			plain[name] = nil
		}
	}
	return plain
}

// TestABankSpeaksForItselfAlone names another bank in every field where a bank can be named.
func TestABankSpeaksForItselfAlone(t *testing.T) { ledgers.OnEach(t, aBankSpeaksForItselfAlone) }

func aBankSpeaksForItselfAlone(t *testing.T, database string) {
	g := gatewaytest.Start(t, gatewaytest.Config{Database: database, Accounts: 60})
	requests := raisable(t, g, 60)
	id := confirmed(t, g, "sberbank", requests[0])
	conn, rest := g.Conn("vtb"), doorOf(t, g, "vtb")
	foreign := requests[1]
	foreign.Bank = "sberbank"

	confirm := methodNamed(t, porukav1.ConfirmationService_ConfirmIdentity_FullMethodName)
	find := methodNamed(t, porukav1.ConfirmationService_FindConfirmation_FullMethodName)
	inDialect := methodNamed(t, porukav1.ConfirmationService_ConfirmStyled_FullMethodName)
	for name, a := range map[string]answer{
		"confirm over gRPC": confirm.call(t, conn, foreign),
		"confirm over REST": rest.call(http.MethodPost, "/v1/confirmations", asJSON(t, foreign)),
		"dialect over gRPC": inDialect.call(t, conn, &porukav1.ConfirmStyledRequest{Bank: "sberbank"}),
		"dialect of nobody": inDialect.call(t, conn, &porukav1.ConfirmStyledRequest{Bank: "nobody"}),
		"dialect over REST": rest.call(http.MethodPost, "/v1/banks/nobody/confirmations", "{}"),
		"find over gRPC":    find.call(t, conn, &porukav1.FindConfirmationRequest{RequestId: requests[0].GetRequestId(), Bank: "sberbank"}),
		"find over REST": rest.call(http.MethodGet,
			"/v1/confirmations:byRequest?bank=sberbank&requestId="+requests[0].GetRequestId(), ""),
		"find of a bank that is none": find.call(t, conn, &porukav1.FindConfirmationRequest{RequestId: uuid.NewString(), Bank: "nobody"}),
		"find in upper case":          find.call(t, conn, &porukav1.FindConfirmationRequest{RequestId: uuid.NewString(), Bank: "VTB"}),
	} {
		if a.code != codes.PermissionDenied || a.reason != "CERTIFICATE_NOT_YOURS" || a.http != 0 && a.http != http.StatusForbidden {
			t.Errorf("%s: HTTP %d %s", name, a.http, a.refusedWith())
		}
	}
	inBulk(t, conn, foreign)

	// What stands in the path is meant, whatever the body says.
	mixed := rest.call(http.MethodPost, "/v1/confirmations/"+uuid.NewString()+":withdraw", `{"id": "`+id+`"}`)
	if mixed.code == codes.OK {
		t.Error("an id in the body went before that of the path")
	}
	still, err := porukav1.NewConfirmationServiceClient(g.Conn("sberbank")).FindConfirmation(t.Context(),
		&porukav1.FindConfirmationRequest{RequestId: foreign.GetRequestId()})
	if err != nil || still.GetState() != porukav1.FindConfirmationResponse_UNKNOWN {
		t.Errorf("a refused claim in another's name left %v, %v", still, err)
	}
}

// inBulk checks that a request in a stream is judged as one by itself, and does not end the stream.
func inBulk(t *testing.T, conn *grpc.ClientConn, foreign *porukav1.ConfirmIdentityRequest) {
	t.Helper()
	stream, err := porukav1.NewConfirmationServiceClient(conn).ConfirmIdentities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := stream.Send(&porukav1.ConfirmIdentitiesRequest{Request: foreign}); err != nil {
			t.Fatal(err)
		}
		out, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if failed := out.GetError(); failed.GetCode() != int32(codes.PermissionDenied) ||
			failed.GetReason().GetReason() != porukav1.Reason_CERTIFICATE_NOT_YOURS || out.GetRequestId() != foreign.GetRequestId() {
			t.Errorf("in bulk: %v", out)
		}
	}
	_ = stream.CloseSend()
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream goes on after its end")
	}
}
