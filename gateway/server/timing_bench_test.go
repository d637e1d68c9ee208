package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/development"
	"github.com/poruka/poruka/gateway/gatewaytest"
)

// BenchmarkOracle measures whether the time of an answer tells if somebody has an account: claims about nobody, wrong claims about an
// account, and true ones, taking turns at the first place. It reports the medians in microseconds and by how
// much the first two differ, in percent; the goal is less than 1. Run it with -benchtime=20000x on an idle machine.
func BenchmarkOracle(b *testing.B) {
	const accounts = 2000
	g := gatewaytest.Start(b, gatewaytest.Config{Accounts: accounts})
	population := g.Population()
	var known []*porukav1.ConfirmIdentityRequest
	for _, account := range population.Range(0, accounts) {
		if account.Person.Citizenship == "RUS" && development.Raisable(account, time.Now()) {
			known = append(known, development.Claim(account))
		}
	}
	var banks []porukav1.ConfirmationServiceClient
	ids, err := development.Banks()
	if err != nil {
		b.Fatal(err)
	}
	for _, id := range ids {
		banks = append(banks, porukav1.NewConfirmationServiceClient(g.Conn(string(id))))
	}
	took := map[string][]time.Duration{}
	ask := func(kind string, i int, r *porukav1.ConfirmIdentityRequest, want porukav1.Confirmation_Outcome) {
		r.RequestId = uuid.NewString()
		r.Authentication.Time, r.Consent.Time = timestamppb.Now(), timestamppb.Now()
		begin := time.Now()
		out, err := banks[i%len(banks)].ConfirmIdentity(b.Context(), r)
		took[kind] = append(took[kind], time.Since(begin))
		if err != nil || out.GetConfirmation().GetOutcome() != want {
			b.Fatalf("%s: %v, %v", kind, out, err)
		}
	}
	var strangers []string // as many as there are accounts, so that the attempts of both have the same history
	for i := uint64(1_000_000); len(strangers) < len(known); i++ {
		if snils := population.Account(i).Person.SNILS; snils != "" { // not everybody has one
			strangers = append(strangers, snils)
		}
	}
	for i := 0; b.Loop(); i++ {
		of := known[i%len(known)]
		nobody, other, truth := proto.CloneOf(of), proto.CloneOf(of), proto.CloneOf(of)
		nobody.Person.Snils = strangers[i%len(strangers)]
		nobody.Person.Passport.Number, other.Person.Passport.Number = "654321", "654321"
		truth.DryRun = true
		kinds := []func(){
			func() { ask("unknown", i, nobody, porukav1.Confirmation_NOT_MATCHED) },
			func() { ask("mismatch", i, other, porukav1.Confirmation_NOT_MATCHED) },
			func() { ask("match", i, truth, porukav1.Confirmation_CONFIRMED) },
		}
		for n := range kinds {
			kinds[(n+i)%len(kinds)]()
		}
	}
	median := func(kind string) float64 {
		slices.Sort(took[kind])
		return float64(took[kind][len(took[kind])/2].Nanoseconds()) / 1000
	}
	for kind := range took {
		b.ReportMetric(median(kind), kind+"-µs")
	}
	b.ReportMetric(100*(median("unknown")/median("mismatch")-1), "difference-%")
}
