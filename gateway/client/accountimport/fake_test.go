package accountimport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/client/accountimport"
)

// portal is a gateway that keeps accounts in memory. It refuses rows whose family name is «bad».
type portal struct {
	porukav1.UnimplementedPortalServiceServer

	mutex    sync.Mutex
	accounts map[string]*porukav1.PutAccountRequest
	order    []int64 // rows, as they were put
	calls    int
	named    int                                    // refused rows named in one answer, at most
	before   func(call, rows int) error             // called with each message's rows, may fail the call
	answer   func(*porukav1.ImportAccountsResponse) // may spoil an answer
}

func (p *portal) ImportAccounts(stream grpc.ClientStreamingServer[porukav1.ImportAccountsRequest, porukav1.ImportAccountsResponse]) error {
	p.mutex.Lock()
	p.calls++
	call := p.calls
	p.mutex.Unlock()
	response := &porukav1.ImportAccountsResponse{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n := len(message.GetRows()); n > 256 || proto.Size(message) > 64<<10 {
			return status.Errorf(codes.ResourceExhausted, "a message of %d rows and %d bytes", n, proto.Size(message))
		}
		if p.before != nil {
			if err := p.before(call, len(message.GetRows())); err != nil {
				return err
			}
		}
		p.put(message.GetRows(), response)
	}
	if p.answer != nil {
		p.answer(response)
	}
	return stream.SendAndClose(response)
}

func (p *portal) put(rows []*porukav1.ImportRow, response *porukav1.ImportAccountsResponse) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, row := range rows {
		p.order = append(p.order, row.GetRow())
		id := row.GetAccount().GetId()
		held, known := p.accounts[id]
		switch {
		case row.GetAccount().GetProfile().GetPerson().GetFamilyName() == "bad":
			response.Rejected++
			if len(response.GetRejects()) < p.named {
				response.Rejects = append(response.Rejects, &porukav1.ImportReject{Row: row.GetRow(), Field: "profile.person.familyName", Reason: "FIELD_FORMAT", Text: "letters are wanted"})
			}
			continue
		case !known:
			response.Created++
		case proto.Equal(held, row.GetAccount()):
			response.Unchanged++
		default:
			response.Updated++
		}
		p.accounts[id] = row.GetAccount()
	}
}

func (p *portal) held() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var ids []string
	for id := range p.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// start serves p and returns a client of it.
func start(t *testing.T, p *portal) porukav1.PortalServiceClient {
	t.Helper()
	p.accounts = map[string]*porukav1.PutAccountRequest{}
	if p.named == 0 {
		p.named = 1000
	}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	porukav1.RegisterPortalServiceServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return porukav1.NewPortalServiceClient(conn)
}

// file is a file of accounts: one word a row, `id` or `id:family name`; `unreadable` cannot be read.
type file struct {
	rows []string
	next int
	read func(row int) // called before each row
}

func fileOf(rows ...string) *file { return &file{rows: rows} }

func (f *file) Next() (accountimport.Row, error) {
	if f.next == len(f.rows) {
		return accountimport.Row{}, io.EOF
	}
	if f.read != nil {
		f.read(f.next + 1)
	}
	number := int64(f.next + 1)
	id, name, _ := strings.Cut(f.rows[f.next], ":")
	f.next++
	switch id {
	case "unreadable":
		return accountimport.Row{Number: number, Rejects: []accountimport.Reject{{Row: number, Column: "snils", Reason: "SNILS_CHECKSUM", Text: "wrong check digits"}}}, nil
	case "broken":
		return accountimport.Row{}, errBroken
	}
	return accountimport.Row{Number: number, Account: &porukav1.PutAccountRequest{
		Id: id, Profile: &porukav1.Profile{Person: &porukav1.Person{FamilyName: name}},
	}}, nil
}

func (f *file) Skip(n int64) error {
	if f.next+int(n) > len(f.rows) {
		return io.ErrUnexpectedEOF
	}
	f.next += int(n)
	return nil
}

func (f *file) Offset() int64 { return int64(f.next) * 10 }

var errBroken = errors.New("the file ends in the middle of a row")
