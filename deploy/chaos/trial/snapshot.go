package trial

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/deploy/chaos/model"
)

// snapshot is what is there when all is over.
type snapshot struct {
	records  map[string][]*porukav1.Record    // of this trial, by name
	accounts []*porukav1.Account              // by number
	listed   []map[string]int                 // records as the portal lists them, by number of the account
	found    map[uint8]*porukav1.Confirmation // decided requests
	raised   map[string][]*porukav1.Record    // those that raised, by account
	taken    map[string][]*porukav1.Record    // withdrawals, by what was withdrawn
}

// numbers gives the number of each decided request by the name of its decision.
func (s *snapshot) numbers() map[string]uint8 {
	numbers := map[string]uint8{}
	for request, c := range s.found {
		numbers[c.GetName()] = request
	}
	return numbers
}

// truth is what the search for an order is to know.
func (r *run) truth(s *snapshot) model.Truth {
	known := model.Truth{Decided: s.numbers(), Withdrawn: map[uint8]bool{}, Changes: map[uint8]int64{}}
	for name, request := range known.Decided {
		known.Withdrawn[request] = len(s.taken[name]) > 0
	}
	for i, a := range s.accounts {
		known.Changes[uint8(i)] = a.GetVersion() - s.accountedFor(i, r.puts[uint8(i)])
	}
	return known
}

// lookAround compares what is there with what callers were told. What is still on its way may not have arrived: it looks again.
func (r *run) lookAround(ctx context.Context) (*snapshot, []string) {
	for end := r.Clock().Add(r.Settle); ; {
		seen, violations := r.look(ctx)
		if len(violations) == 0 {
			violations = r.compare(seen)
		}
		if len(violations) == 0 || r.Clock().After(end) || wait(ctx, 10*repeatEvery) != nil {
			return seen, violations
		}
	}
}

// look reads everything, through one gateway and the other.
func (r *run) look(ctx context.Context) (*snapshot, []string) {
	s := &snapshot{found: map[uint8]*porukav1.Confirmation{}, records: map[string][]*porukav1.Record{}}
	var violations []string
	for i, request := range r.plan.requests {
		t := r.call(ctx, pending{0, model.Call{Method: model.Find, Caller: request.owner, Request: uint8(i)}}, i%r.Place.Gateways(), patience)
		if t.again {
			violations = append(violations, "a look-up was not answered: "+t.name)
		}
		if t.answer.Found {
			s.found[uint8(i)] = t.record
		}
	}
	for i := range r.plan.accounts {
		t := r.call(ctx, pending{0, model.Call{Method: model.Read, Caller: model.Portal, Account: uint8(i)}}, i%r.Place.Gateways(), patience)
		if t.again {
			violations = append(violations, "an account was not read: "+t.name)
		}
	}
	for _, read := range []func(context.Context, *snapshot) error{r.readAccounts, r.readRecords} {
		if err := read(ctx, s); err != nil {
			violations = append(violations, "reading: "+err.Error())
		}
	}
	s.sort()
	return s, violations
}

func (s *snapshot) sort() {
	s.raised, s.taken = map[string][]*porukav1.Record{}, map[string][]*porukav1.Record{}
	for _, same := range s.records {
		record := same[0]
		switch {
		case record.GetKind() == porukav1.Confirmation_WITHDRAWAL:
			s.taken[record.GetWithdrawn()] = append(s.taken[record.GetWithdrawn()], record)
		case record.GetOutcome() == porukav1.Confirmation_CONFIRMED && !record.GetDryRun():
			s.raised[record.GetAccount()] = append(s.raised[record.GetAccount()], record)
		}
	}
}

func (r *run) readAccounts(ctx context.Context, s *snapshot) error {
	portal := porukav1.NewPortalServiceClient(r.Place.Conn(0, portalName))
	for i := range r.plan.accounts {
		id := r.cast.accounts[i].AccountID
		account, err := portal.GetAccount(ctx, &porukav1.GetAccountRequest{Id: id})
		if err != nil {
			return err
		}
		s.accounts = append(s.accounts, account.GetAccount())
		names := map[string]int{}
		for token := ""; ; {
			page, err := portal.ListConfirmations(ctx, &porukav1.ListConfirmationsRequest{Id: id, PageSize: 20, PageToken: token})
			if err != nil {
				return err
			}
			for _, c := range page.GetConfirmations() {
				names[c.GetName()]++
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		s.listed = append(s.listed, names)
	}
	return nil
}

// isAsked leaves out what gateways store without being asked: that somebody read a report, and seals of hours.
func isAsked(record *porukav1.Record) bool {
	return record.GetKind() != porukav1.Confirmation_ACCESS && record.GetKind() != porukav1.Confirmation_SEAL
}

// readRecords reads the report of everything that has been decided since the trial began.
func (r *run) readRecords(ctx context.Context, s *snapshot) error {
	audit := porukav1.NewAuditServiceClient(r.Place.Conn(r.Place.Gateways()-1, "compliance"))
	for token := ""; ; {
		page, err := audit.ListRecords(ctx, &porukav1.ListRecordsRequest{From: timestamppb.New(r.began), PageSize: 30, PageToken: token})
		if err != nil {
			return err
		}
		for _, record := range page.GetRecords() {
			if isAsked(record) {
				s.records[record.GetName()] = append(s.records[record.GetName()], record)
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}
