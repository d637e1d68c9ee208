package people

import (
	"slices"
	"strings"
	"testing"
)

func TestFeminine(t *testing.T) {
	for man, want := range map[string]string{
		"Иванов": "Иванова", "Соловьёв": "Соловьёва", "Алексеев": "Алексеева", "Ильин": "Ильина", "Солженицын": "Солженицына",
		"Вяземский": "Вяземская", "Высоцкий": "Высоцкая", "Толстой": "Толстая", "Яровой": "Яровая", "Белый": "Белая",
		"Шевченко": "Шевченко", "Долгих": "Долгих", "Ковальчук": "Ковальчук", "Ли": "Ли", "Цой": "Цой", "Саркисян": "Саркисян",
		"Д'Артаньян": "Д'Артаньян", "Беридзе": "Беридзе", "Иванов-Петров": "Иванова-Петрова", "Толстой-Ли": "Толстая-Ли",
	} {
		if got := feminine(man); got != want {
			t.Errorf("%s: %s, want %s", man, got, want)
		}
	}
}

func TestPatronymic(t *testing.T) {
	for father, want := range map[string][2]string{
		"Иван": {"Иванович", "Ивановна"}, "Олег": {"Олегович", "Олеговна"}, "Фёдор": {"Фёдорович", "Фёдоровна"},
		"Игорь": {"Игоревич", "Игоревна"}, "Сергей": {"Сергеевич", "Сергеевна"}, "Николай": {"Николаевич", "Николаевна"},
		"Юрий": {"Юрьевич", "Юрьевна"}, "Геннадий": {"Геннадьевич", "Геннадьевна"}, "Валерий": {"Валерьевич", "Валерьевна"},
		"Дмитрий": {"Дмитриевич", "Дмитриевна"}, "Георгий": {"Георгиевич", "Георгиевна"}, "Евгений": {"Евгеньевич", "Евгеньевна"},
		"Илья": {"Ильич", "Ильинична"}, "Никита": {"Никитич", "Никитична"}, "Лука": {"Лукич", "Лукинична"},
		"Фома": {"Фомич", "Фоминична"}, "Савва": {"Саввич", "Саввична"}, "Кузьма": {"Кузьмич", "Кузьминична"},
		"Лев": {"Львович", "Львовна"}, "Павел": {"Павлович", "Павловна"}, "Пётр": {"Петрович", "Петровна"},
		"Михаил": {"Михайлович", "Михайловна"}, "Яков": {"Яковлевич", "Яковлевна"}, "Данила": {"Данилович", "Даниловна"},
		"Даниил": {"Даниилович", "Данииловна"}, "Жорж": {"Жоржевич", "Жоржевна"}, "Эмиль": {"Эмильевич", "Эмильевна"},
	} {
		for i, female := range []bool{false, true} {
			if got := patronymic(father, female); got != want[i] {
				t.Errorf("%s: %s, want %s", father, got, want[i])
			}
		}
	}
}

// No name of the tables may fall into a rule that was not meant for it.
func TestEveryFatherHasAPatronymic(t *testing.T) {
	fathers := names.fathers
	for _, c := range countries {
		if c.suffixes[0] == "" && c.noFathers < 1000 {
			fathers = append(fathers, c.fathers...)
		}
	}
	for _, father := range fathers {
		son, daughter := patronymic(father, false), patronymic(father, true)
		if !hasOneOf(son, "ович", "евич", "Ильич", "Никитич", "Лукич", "Фомич", "Саввич", "Кузьмич") {
			t.Errorf("%s: son %s", father, son)
		}
		if !hasOneOf(daughter, "овна", "евна", "инична", "Никитична", "Саввична") {
			t.Errorf("%s: daughter %s", father, daughter)
		}
	}
}

func TestPermuteLosesNothing(t *testing.T) {
	for _, domain := range []uint64{snilsDomain, innDomain, 1 << 30} {
		seen := map[uint64]uint64{}
		for n := range uint64(20_000) {
			n *= domain / 20_000
			at := permute(n, domain, 7)
			if before, twice := seen[at]; twice || at >= domain {
				t.Fatalf("of %d: %d and %d become %d", domain, before, n, at)
			}
			seen[at] = n
		}
	}
}

func hasOneOf(name string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(name, ending) })
}
