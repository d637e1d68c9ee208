package match_test

import (
	"strings"
	"testing"

	"github.com/poruka/poruka/ledger/person"
)

func BenchmarkCompare(b *testing.B) {
	long := strings.Repeat("АБ", 50)
	for name, change := range map[string]func(claim, held *person.Raw){
		"exact": func(_, _ *person.Raw) {},
		"typo":  func(claim, _ *person.Raw) { claim.FamilyName = "Подапытный" },
		"other": func(claim, _ *person.Raw) {
			claim.FamilyName, claim.GivenName = "Сидоркевич", "Аристарх"
		},
		"nobody": func(claim, _ *person.Raw) { claim.SNILS = "123-456-789 64" },
		// Names made to cost the most: as long as may be, all alike, never near enough to stop early.
		"adversarial": func(claim, held *person.Raw) {
			claim.FamilyName, held.FamilyName = long, strings.Repeat("БА", 50)
			claim.GivenName, held.GivenName = long, long[:len(long)-2]+"Б"
			claim.MiddleName, held.MiddleName = strings.Repeat("А", 100), strings.Repeat("А", 97)+"ОГЛЫ"[:6]
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			claim, held := invented(), invented()
			change(&claim, &held)
			a, on := parse(b, claim), person.Profile{Person: parse(b, held)}
			policy := v1(b)
			for b.Loop() {
				if policy.Compare(a, on).Outcome == 0 {
					b.Fatal("not decided")
				}
			}
		})
	}
}
