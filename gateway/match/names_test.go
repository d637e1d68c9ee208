package match_test

import (
	"testing"

	"github.com/poruka/poruka/ledger"
	"github.com/poruka/poruka/ledger/person"
)

const (
	family = ledger.FieldFamilyName
	given  = ledger.FieldGivenName
	middle = ledger.FieldMiddleName

	exact   = ledger.Exact
	typo    = ledger.Close
	differs = ledger.Different
	missing = ledger.Missing
)

// named gives the invented person one other part of the name.
func named(part ledger.Field, text string) person.Raw {
	raw := invented()
	switch part {
	case family:
		raw.FamilyName = text
	case given:
		raw.GivenName = text
	default:
		raw.MiddleName = text
	}
	return raw
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		part ledger.Field
		a, b string
		want ledger.Comparison
	}{
		// Equal after normalisation.
		{family, "Семёнов", "Семенов", exact},
		{family, "Иванов-Петров", "Иванов – Петров", exact},
		{family, "Иванов-Петров", "Иванов Петров", exact},
		{family, "Кoвалёв", "Ковалев", exact},
		{family, "Д'Артаньян", "Д’Артаньян", exact},
		{family, "  иванов ", "ИВАНОВ", exact},
		{family, "Семе\u0308нов", "Семёнов", exact},
		{given, "Андреи\u0306", "Андрей", exact},

		// A typing error.
		{given, "Наталья", "Наталия", typo},
		{given, "Софья", "София", typo},
		{given, "Константин", "Константен", typo},
		{middle, "Геннадьевич", "Геннадиевич", typo},
		{family, "Кузнецов", "Кузнцеов", typo},
		{family, "Кузнецов", "Кузнцов", typo},
		{family, "Константинопольский", "Константинополский", typo},
		{family, "Константинопольский", "Канстантинополский", typo},
		{family, "Константинопольский", "Канстантинополскый", differs},

		// Too short for one.
		{given, "Иван", "Иваг", differs},
		{family, "Ли", "Ле", differs},
		{family, "Ким", "Кимм", differs},
		{family, "Котов", "Кот", differs},
		{family, "Кузнецов", "Кузнцоев", differs},

		// Other names.
		{given, "Алексей", "Александр", differs},
		{family, "Ivanov", "Иванов", differs},
		{given, "Мария", "Марина", differs},
		{given, "Алена", "Елена", differs},
		{given, "Ренат", "Ринат", differs},
		{given, "Арсений", "Арсентий", differs},
		{given, "Алевтина", "Алевтена", typo}, // only one of the two is a name

		// The ending of the other sex.
		{family, "Петров", "Петрова", differs},
		{family, "Соловьёв", "Соловьёва", differs},
		{family, "Никитин", "Никитина", differs},
		{family, "Птицын", "Птицына", differs},
		{family, "Толстой", "Толстая", differs},
		{family, "Вяземский", "Вяземская", differs},
		{family, "Троицкий", "Троицкая", differs},
		{family, "Подопытный", "Подопытная", differs},
		{family, "Дальний", "Дальная", differs},
		{family, "Константинопольский", "Константинополская", differs},
		{family, "Александровский", "Александровская", differs},
		{family, "Верещагинов", "Верищагинова", differs}, // and a typing error
		{given, "Александр", "Александра", differs},
		{given, "Валерий", "Валерия", differs},
		{given, "Валентин", "Валентина", differs},
		{given, "Михаил", "Михаила", differs},
		{given, "Ярослав", "Ярослава", differs},
		{middle, "Александрович", "Александровна", differs},
		{middle, "Сергеевич", "Сергеевна", differs},
		{middle, "Ильич", "Ильинична", differs},
		{middle, "Никитич", "Никитична", differs},

		// A patronymic that is not there.
		{middle, "", "", exact},
		{middle, "-", "нет", exact},
		{middle, "ОТСУТСТВУЕТ", "", exact},
		{middle, "Иванович", "", missing},
		{middle, "", "Иванович", missing},

		// Words for son and daughter.
		{middle, "Мамед оглы", "Мамед", typo},
		{middle, "Мамед-оглы", "Мамед оглы", exact},
		{middle, "Мамедоглы", "Мамед Оглы", exact},
		{middle, "Оглы Мамедов", "Мамедов оглы", typo},
		{middle, "Мамед угли", "Мамед оглы", typo},
		{middle, "Асан уулу", "Асан", typo},
		{middle, "Мамед кызы", "Мамед", typo},
		{middle, "Мамед кзы", "Мамед кызы", typo},
		{middle, "Мамед оглы", "Мамед кызы", differs},
		{middle, "Мамед оглы", "Ахмет", differs},
		{middle, "Оглы", "Кызы", differs},
		{family, "Караоглы", "Кара", differs}, // in a family name it is part of the name
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			claim, held := parse(t, named(c.part, pair[0])), parse(t, named(c.part, pair[1]))
			result := v1(t).Compare(claim, person.Profile{Person: held})
			if got := field(t, result, c.part); got != c.want {
				t.Errorf("%s: %q and %q compare as %d, want %d", c.part, pair[0], pair[1], got, c.want)
			}
		}
	}
}

// Foreign names are compared by the same rules.
func TestForeignNames(t *testing.T) {
	for a, want := range map[string]ledger.Outcome{
		"O'Neill, Jr.": ledger.OutcomeConfirmed,
		"ONEILL, JR.":  ledger.OutcomeConfirmed,
		"O'Niell, Jr.": ledger.OutcomeCloseMatch,
		"O'Brian":      ledger.OutcomeNotMatched,
	} {
		raw, held := invented(), invented()
		raw.Citizenship, held.Citizenship = "USA", "USA"
		raw.FamilyName, held.FamilyName = a, "O'Neill, Jr."
		if got := v1(t).Compare(parse(t, raw), person.Profile{Person: parse(t, held)}).Outcome; got != want {
			t.Errorf("%q: %s, want %s", a, got, want)
		}
	}
}

func TestHowManyPartsMayBeClose(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*person.Raw)
		outcome ledger.Outcome
		reason  ledger.Reason
	}{
		"none":    {func(*person.Raw) {}, ledger.OutcomeConfirmed, ""},
		"one":     {func(r *person.Raw) { r.FamilyName = "Подапытный" }, ledger.OutcomeCloseMatch, ledger.ReasonNameClose},
		"missing": {func(r *person.Raw) { r.MiddleName = "" }, ledger.OutcomeCloseMatch, ledger.ReasonNameClose},
		"two": {
			func(r *person.Raw) { r.FamilyName, r.GivenName = "Подапытный", "Ордальон" },
			ledger.OutcomeNotMatched, ledger.ReasonNameDiffers,
		},
		"one and missing": {
			func(r *person.Raw) { r.FamilyName, r.MiddleName = "Подапытный", "" },
			ledger.OutcomeNotMatched, ledger.ReasonNameDiffers,
		},
		"swapped": {
			func(r *person.Raw) { r.FamilyName, r.GivenName = r.GivenName, r.FamilyName },
			ledger.OutcomeCloseMatch, ledger.ReasonNameClose,
		},
		"swapped and close": {
			func(r *person.Raw) {
				r.FamilyName, r.GivenName, r.MiddleName = r.GivenName, r.FamilyName, "Варфаломеевич"
			},
			ledger.OutcomeNotMatched, ledger.ReasonNameDiffers,
		},
		"swapped with the patronymic": {
			func(r *person.Raw) { r.GivenName, r.MiddleName = r.MiddleName, r.GivenName },
			ledger.OutcomeNotMatched, ledger.ReasonNameDiffers,
		},
		"other": {func(r *person.Raw) { r.GivenName = "Иннокентий" }, ledger.OutcomeNotMatched, ledger.ReasonNameDiffers},
	} {
		raw := invented()
		change := c.change
		change(&raw)
		result := v1(t).Compare(parse(t, raw), person.Profile{Person: parse(t, invented())})
		if result.Outcome != c.outcome {
			t.Errorf("%s: %s, want %s", name, result.Outcome, c.outcome)
		}
		if c.reason == "" && len(result.Reasons) == 0 {
			continue
		}
		if len(result.Reasons) != 1 || result.Reasons[0] != c.reason {
			t.Errorf("%s: %v, want %s", name, result.Reasons, c.reason)
		}
	}
}

// A name that is missing altogether is no typing error.
func TestAbsentNames(t *testing.T) {
	held := invented()
	held.GivenName = ""
	result := v1(t).Compare(parse(t, invented()), person.Profile{Person: parse(t, held)})
	if result.Outcome != ledger.OutcomeNotMatched || field(t, result, given) != missing {
		t.Errorf("no given name on file: %s", result.Outcome)
	}
	claim := invented()
	claim.GivenName = ""
	if got := v1(t).Compare(parse(t, claim), person.Profile{Person: parse(t, held)}).Outcome; got != ledger.OutcomeNotMatched {
		t.Errorf("no given name on either side: %s", got)
	}
}
