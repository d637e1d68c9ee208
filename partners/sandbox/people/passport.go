package people

import (
	"fmt"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/person"
)

// days are those of the history of passports.
var days = struct{ soviet, exchange, service, ministry person.Date }{
	soviet:   date(1998, 1, 1),  // before it people got passports of the old form
	exchange: date(2004, 6, 30), // by then those had been exchanged
	service:  date(2007, 1, 1),  // the Migration Service issues passports
	ministry: date(2017, 1, 1),  // the Ministry of the Interior does
}

func date(year, month, day int) person.Date {
	d, _ := person.NewDate(year, time.Month(month), day) // the literals above are days
	return d
}

// graceDays is how long a passport stays valid after the birthday at which it must be replaced.
const graceDays = 90

// history gives the days on which a Russian citizen was given passports, oldest first. One who neglects did not replace
// the last one that had to be replaced.
func (p *Population) history(d *dice, birth person.Date, neglects bool) []person.Date {
	var issued []person.Date
	for _, age := range [...]int{14, 20, 45} {
		due := birth.AddYears(age)
		on := due.AddDays(d.between(3, graceDays-10))
		skip := neglects && age > 14 && due.AddDays(graceDays).Before(p.today) && p.today.Before(due.AddYears(10))
		if !skip && !on.Before(days.soviet) && !on.After(p.today) {
			issued = append(issued, on)
		}
	}
	if first := birth.AddYears(14); first.Before(days.soviet) && (len(issued) == 0 || issued[0].After(days.exchange)) {
		issued = append([]person.Date{days.soviet.AddDays(d.between(10, 2300))}, issued...)
	}
	if len(issued) > 0 && !neglects && d.chance(120) { // lost, or a new name
		last := issued[len(issued)-1]
		if on := last.AddDays(d.between(200, 5000)); on.Before(p.today) && on.Before(nextBirthday(birth, last)) {
			issued = append(issued, on)
		}
	}
	return issued
}

// nextBirthday is when a passport issued on a day must be replaced.
func nextBirthday(birth, issued person.Date) person.Date {
	for _, age := range [...]int{20, 45, 200} {
		if due := birth.AddYears(age); issued.Before(due) {
			return due
		}
	}
	return issued
}

// passports gives the passport in force and those replaced, newest first; ok is false for those who have none.
func (p *Population) passports(d *dice, birth person.Date, neglects bool) (now person.RawPassport, previous []person.RawPassport, ok bool) {
	history := p.history(d, birth, neglects)
	if len(history) == 0 {
		return person.RawPassport{}, nil, false
	}
	home := &regions[d.weighted(p.regionWeights)]
	for i, on := range history {
		paper := person.RawPassport{Series: series(d, home, on), Number: string(d.digits(6))}
		if last := len(history) - 1; i < last {
			previous = append([]person.RawPassport{paper}, previous...)
			continue
		}
		paper.IssueDate = on.ISO()
		paper.DepartmentCode = departmentCode(d, home)
		paper.Issuer = issuer(home, on)
		now = paper
	}
	return now, previous, true
}

// series begins with the region; the year is that of the blank, which may be older than the passport.
func series(d *dice, home *region, on person.Date) string {
	year, _, _ := on.Split()
	if year > 1998 && d.chance(300) {
		year--
	}
	return fmt.Sprintf("%s%02d", home.okato, year%100)
}

func departmentCode(d *dice, home *region) string {
	return fmt.Sprintf("%s%d-%03d", home.code, d.roll(4), d.between(1, 150))
}

func issuer(home *region, on person.Date) string {
	switch {
	case on.Before(days.service):
		return "УПРАВЛЕНИЕМ ВНУТРЕННИХ ДЕЛ " + strings.ToUpper(home.city)
	case on.Before(days.ministry):
		return "ОТДЕЛОМ УФМС РОССИИ ПО " + strings.ToUpper(home.dative)
	default:
		return "ГУ МВД РОССИИ ПО " + strings.ToUpper(home.dative)
	}
}

// paper gives the passport of a foreign citizen.
func (c *country) paper(d *dice, birth, today person.Date) person.RawPassport {
	on := today.AddDays(-d.between(30, 3000))
	if on.Before(birth) {
		on = birth.AddDays(30)
	}
	return person.RawPassport{
		Series: c.series, Number: string(d.digits(c.digits)),
		IssueDate: on.ISO(), Issuer: c.issuedBy,
	}
}
