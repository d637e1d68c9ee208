package people

import (
	"strings"
	"unicode/utf8"
)

// feminine gives the form of a family name that a woman bears. Names that do not decline stay as they are.
func feminine(family string) string {
	if first, second, double := strings.Cut(family, "-"); double {
		return feminine(first) + "-" + feminine(second)
	}
	for _, ending := range [...]string{"ий", "ый", "ой"} {
		if stem, ok := strings.CutSuffix(family, ending); ok && utf8.RuneCountInString(stem) > 2 {
			return stem + "ая"
		}
	}
	for _, ending := range [...]string{"ов", "ев", "ёв", "ин", "ын"} {
		if strings.HasSuffix(family, ending) {
			return family + "а"
		}
	}
	return family
}

// irregular are the patronymics that no rule below gives: of a son and of a daughter.
var irregular = map[string][2]string{
	"Илья":    {"Ильич", "Ильинична"},
	"Никита":  {"Никитич", "Никитична"},
	"Кузьма":  {"Кузьмич", "Кузьминична"},
	"Фома":    {"Фомич", "Фоминична"},
	"Лука":    {"Лукич", "Лукинична"},
	"Савва":   {"Саввич", "Саввична"},
	"Данила":  {"Данилович", "Даниловна"},
	"Лев":     {"Львович", "Львовна"},
	"Павел":   {"Павлович", "Павловна"},
	"Пётр":    {"Петрович", "Петровна"},
	"Михаил":  {"Михайлович", "Михайловна"},
	"Яков":    {"Яковлевич", "Яковлевна"},
	"Георгий": {"Георгиевич", "Георгиевна"},
	"Эмиль":   {"Эмильевич", "Эмильевна"},
}

const (
	vowels     = "аеёиоуыэюя"
	hissing    = "жшчщц" // after these the patronymic has е, not о
	consonants = "бвгджзйклмнпрстфхцчшщ"
)

// patronymic gives the middle name of a child of a father with the given name.
func patronymic(father string, female bool) string {
	if pair, ok := irregular[father]; ok {
		return pair[sexOf(female)]
	}
	if stem, ok := strings.CutSuffix(father, "ий"); ok {
		if endsWithTwo(stem) { // Дмитрий: a soft sign could not be said
			return stem + [2]string{"иевич", "иевна"}[sexOf(female)]
		}
		return stem + [2]string{"ьевич", "ьевна"}[sexOf(female)]
	}
	last, _ := utf8.DecodeLastRuneInString(father)
	switch {
	case last == 'й' || last == 'ь': // Сергей, Игорь
		return strings.TrimSuffix(father, string(last)) + [2]string{"евич", "евна"}[sexOf(female)]
	case strings.ContainsRune(hissing, last):
		return father + [2]string{"евич", "евна"}[sexOf(female)]
	case strings.ContainsRune(vowels, last):
		return strings.TrimSuffix(father, string(last)) + [2]string{"ич", "ична"}[sexOf(female)]
	default:
		return father + [2]string{"ович", "овна"}[sexOf(female)]
	}
}

// endsWithTwo reports whether a stem ends with two consonants.
func endsWithTwo(stem string) bool {
	last, size := utf8.DecodeLastRuneInString(stem)
	before, _ := utf8.DecodeLastRuneInString(stem[:len(stem)-size])
	return strings.ContainsRune(consonants, last) && strings.ContainsRune(consonants, before)
}

// sexOf gives 0 for a man and 1 for a woman.
func sexOf(female bool) int {
	if female {
		return 1
	}
	return 0
}

// latin writes a Russian name in lower-case Latin letters, as e-mail addresses do.
var latin = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ё", "e", "ж", "zh", "з", "z", "и", "i", "й", "y", "к", "k",
	"л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts",
	"ч", "ch", "ш", "sh", "щ", "shch", "ъ", "", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya", "'", "", " ", "",
)
