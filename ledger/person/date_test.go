package person_test

import (
	"testing"
	"time"

	"github.com/poruka/poruka/ledger/person"
)

func TestParseDate(t *testing.T) {
	for text, ok := range map[string]bool{
		"2024-02-29": true, "1900-02-28": true, "2000-02-29": true, "0001-01-01": true, "9999-12-31": true,
		"2023-02-29": false, "1900-02-29": false, "2024-04-31": false, "2024-13-01": false, "2024-00-10": false, "2024-01-00": false,
		"0000-01-01": false, "24-01-01": false, "2024-1-01": false, "2024/01/01": false, "2024-01-01T00:00": false, "": false,
		"2024-01-0１": false, "+024-01-01": false, "-024-01-01": false,
	} {
		date, err := person.ParseDate(text)
		if (problemOf(t, err) == "") != ok {
			t.Errorf("%q: %v", text, err)
		}
		if ok && date.ISO() != text {
			t.Errorf("%q comes back as %q", text, date.ISO())
		}
	}
}

func TestParseDateDots(t *testing.T) {
	date, err := person.ParseDateDots("31.12.1999")
	if err != nil || date.ISO() != "1999-12-31" {
		t.Fatalf("%q, %v", date.ISO(), err)
	}
	for _, text := range []string{"31.11.1999", "1.12.1999", "31-12-1999", "1999.12.31", "31.12.99", "", "31.12.-999"} {
		if _, err := person.ParseDateDots(text); problemOf(t, err) != person.Format {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	for _, c := range []struct{ got, want person.Date }{
		{day("2004-02-29").AddYears(1), day("2005-03-01")},
		{day("2004-02-29").AddYears(20), day("2024-02-29")},
		{day("2004-02-29").AddYears(-4), day("2000-02-29")},
		{day("2006-05-10").AddYears(20).AddDays(90), day("2026-08-08")},
		{day("2023-12-31").AddDays(1), day("2024-01-01")},
		{day("2024-03-01").AddDays(-1), day("2024-02-29")},
		{person.DateOf(time.Date(2026, 7, 1, 23, 59, 0, 0, time.FixedZone("MSK", 3*3600))), day("2026-07-01")},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got.ISO(), c.want.ISO())
		}
	}
}

func TestDateOrder(t *testing.T) {
	earlier, later := day("2025-12-31"), day("2026-01-01")
	if !earlier.Before(later) || !later.After(earlier) || earlier.After(later) || earlier.Compare(earlier) != 0 || later.Compare(earlier) != 1 {
		t.Error("the order of days is wrong")
	}
	if year, month, dayOfMonth := later.Split(); year != 2026 || month != time.January || dayOfMonth != 1 {
		t.Error("a day does not fall into its parts")
	}
	if none := (person.Date{}); !none.IsZero() || none.ISO() != "" || later.IsZero() || !none.Before(earlier) {
		t.Error("the zero date is a day")
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		birth, on string
		age       int
	}{
		{"2012-07-01", "2026-06-30", 13},
		{"2012-07-01", "2026-07-01", 14},
		{"2004-02-29", "2022-02-28", 17},
		{"2004-02-29", "2022-03-01", 18},
		{"2004-02-29", "2024-02-28", 19},
		{"2004-02-29", "2024-02-29", 20},
		{"2026-01-01", "2026-01-01", 0},
		{"2026-01-02", "2026-01-01", -1},
	} {
		if got := day(c.birth).AgeOn(day(c.on)); got != c.age {
			t.Errorf("born %s, on %s: %d, want %d", c.birth, c.on, got, c.age)
		}
	}
}

func TestDateInConfiguration(t *testing.T) {
	var date person.Date
	if err := date.UnmarshalText([]byte("2026-01-31")); err != nil || date != day("2026-01-31") {
		t.Errorf("%v, %v", date.ISO(), err)
	}
	if err := date.UnmarshalText([]byte("31.01.2026")); err == nil || !date.IsZero() {
		t.Error("a malformed date is taken")
	}
}
