package people

import "strings"

// country is where foreign citizens come from.
type country struct {
	code      string // ISO 3166-1 alpha-3
	series    string // of its passports
	digits    int    // of their numbers
	families  []string
	sons      []string
	daughters []string
	fathers   []string
	suffixes  [2]string // words after the father's name, of a son and a daughter; empty: patronymics as in Russian
	noFathers int       // share of persons without a middle name, in thousandths
	issuedBy  string
	share     int
}

var countries = []country{
	{
		code: "UZB", series: "FA", digits: 7, issuedBy: "IIV", share: 30, noFathers: 150, suffixes: [2]string{"угли", "кызы"},
		families:  words("Каримов Рахимов Юсупов Исмаилов Абдуллаев Турсунов Хасанов Усманов Назаров Ибрагимов"),
		sons:      words("Алишер Рустам Шухрат Бахтиёр Жасур Отабек Дилшод Санжар"),
		daughters: words("Дилноза Гульнора Нигора Зухра Мадина Шахноза Феруза"),
		fathers:   words("Анвар Бахром Тимур Равшан Собир Умид"),
	},
	{
		code: "TJK", series: "", digits: 9, issuedBy: "MIA", share: 20, noFathers: 350,
		families:  words("Рахмонов Назаров Шарипов Холов Саидов Давлатов Раджабов Мирзоев"),
		sons:      words("Фаррух Джамшед Сухроб Далер Фирдавс Искандар"),
		daughters: words("Мехрангез Заррина Фарзона Нигина Ситора Манижа"),
		fathers:   words("Саид Рахим Карим Шариф Хасан Джамол"),
	},
	{
		code: "KGZ", series: "PE", digits: 7, issuedBy: "SRS", share: 12, noFathers: 250, suffixes: [2]string{"уулу", "кызы"},
		families:  words("Асанов Бекназаров Жумабаев Токтогулов Осмонов Эсенов Маматов"),
		sons:      words("Азамат Бакыт Нурлан Тилек Эрлан Улан"),
		daughters: words("Айгуль Гулзат Жылдыз Нургуль Айпери Бегимай"),
		fathers:   words("Асан Бакыт Нурлан Талант Кубат"),
	},
	{
		code: "KAZ", series: "N", digits: 8, issuedBy: "MINISTRY OF INTERNAL AFFAIRS", share: 12, noFathers: 200,
		families:  words("Ахметов Нурпеисов Касымов Сулейменов Оспанов Жумабеков Омаров Искаков"),
		sons:      words("Нурсултан Ерлан Данияр Асхат Бауыржан Тимур"),
		daughters: words("Айжан Динара Асель Гульмира Жанар Мадина"),
		fathers:   words("Серик Марат Болат Ерлан Канат Асхат"),
	},
	{
		code: "AZE", series: "C", digits: 8, issuedBy: "MIA", share: 10, noFathers: 50, suffixes: [2]string{"оглы", "кызы"},
		families:  words("Алиев Мамедов Гусейнов Гасанов Исмайлов Кулиев Рзаев Багиров"),
		sons:      words("Эльчин Рашад Вугар Эмин Фарид Самир"),
		daughters: words("Лейла Севиндж Нигяр Айтен Гюнель Сабина"),
		fathers:   words("Мамед Гасан Али Рафик Тофик Вагиф"),
	},
	{
		code: "ARM", series: "AP", digits: 7, issuedBy: "008", share: 8, noFathers: 300,
		families:  words("Саркисян Петросян Григорян Арутюнян Акопян Мкртчян Карапетян"),
		sons:      words("Арам Тигран Армен Гор Давид Карен"),
		daughters: words("Ани Лилит Нарине Гаяне Мариам Седа"),
		fathers:   words("Арам Ашот Армен Самвел Карен Вардан"),
	},
	{
		code: "BLR", series: "MP", digits: 7, issuedBy: "РУВД", share: 8, noFathers: 10,
		families:  words("Лукашевич Новик Козловский Климович Жук Бондарь Савицкий Ковалевский"),
		sons:      words("Алесь Павел Денис Андрей Максим Вадим"),
		daughters: words("Ольга Наталья Анна Ирина Татьяна Алеся"),
		fathers:   words("Николай Иван Виктор Пётр Михаил Валерий"),
	},
	{
		code: "GEO", series: "", digits: 9, issuedBy: "MINISTRY OF JUSTICE", share: 4, noFathers: 400,
		families:  words("Беридзе Капанадзе Гелашвили Маисурадзе Ломидзе Церетели"),
		sons:      words("Георгий Давид Лука Сандро Нодар Леван"),
		daughters: words("Нино Тамара Мариам Кетеван Эка Нана"),
		fathers:   words("Давид Леван Нодар Тенгиз Вахтанг"),
	},
	{
		code: "IND", series: "Z", digits: 7, issuedBy: "GOI", share: 3, noFathers: 1000,
		families:  words("Sharma Singh Patel Kumar Gupta"),
		sons:      words("Rahul Amit Arjun Vikram"),
		daughters: words("Priya Anjali Neha Pooja"),
		fathers:   words("Raj"),
	},
	{
		code: "VNM", series: "C", digits: 7, issuedBy: "IMMIGRATION DEPARTMENT", share: 3, noFathers: 1000,
		families:  words("Nguyen Tran Pham Hoang Le"),
		sons:      words("Minh Tuan Duc Hung"),
		daughters: words("Linh Lan Mai Thao"),
		fathers:   words("Van"),
	},
}

func words(list string) []string { return strings.Fields(list) }

// middleName gives the middle name of a citizen; empty for those without.
func (c *country) middleName(d *dice, female bool) string {
	father := pick(d, c.fathers)
	if d.chance(c.noFathers) {
		return ""
	}
	if word := c.suffixes[sexOf(female)]; word != "" {
		return father + " " + word
	}
	return patronymic(father, female)
}
