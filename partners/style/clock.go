package style

import (
	"strconv"
	"time"
)

// days is a date. The first layout is the one written; the others are read as well.
func days(wants string, layouts ...string) form {
	return form{
		kind: text, wants: "must be a date " + wants,
		read: func(value string) (string, bool) {
			day, ok := parseAny(value, time.UTC, layouts)
			return day.Format(time.DateOnly), ok
		},
		write: func(value string) (string, bool) {
			day, err := time.Parse(time.DateOnly, value)
			if err != nil {
				return value, true // a bank would send it so
			}
			return day.Format(layouts[0]), true
		},
	}
}

// moments is a time by layouts. A layout without a zone is in the given one.
func moments(wants string, zone *time.Location, layouts ...string) form {
	return form{
		kind: text, wants: "must be a time " + wants,
		read: func(value string) (string, bool) {
			t, ok := parseAny(value, zone, layouts)
			return printTime(t), ok && sane(t)
		},
		write: func(value string) (string, bool) { return readTime(value).In(zone).Format(layouts[0]), true },
	}
}

// parseAny reads a time by the first layout that fits.
func parseAny(value string, zone *time.Location, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, value, zone); err == nil && len(value) <= 40 {
			return t, true
		}
	}
	return time.Time{}, false
}

// sane reports whether a time has a year of four digits wherever it is, and is not the zero time, which stands for none.
func sane(t time.Time) bool { return t.Year() > 1 && t.Year() < 9999 }

// seconds is the number of seconds since 1970, as OpenID Connect has it.
func seconds() form { return epoch("seconds", time.Second) }

// milliseconds is the number of milliseconds since 1970.
func milliseconds() form { return epoch("milliseconds", time.Millisecond) }

func epoch(unit string, one time.Duration) form {
	perSecond := int64(time.Second / one)
	return form{
		kind: number, wants: "must be a whole number of " + unit + " since 1970",
		read: func(value string) (string, bool) {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n <= 0 || n/perSecond > 1<<36 || value[0] == '+' {
				return "", false
			}
			return printTime(time.Unix(n/perSecond, n%perSecond*int64(one))), true
		},
		write: func(value string) (string, bool) {
			t := readTime(value)
			return strconv.FormatInt(t.Unix()*perSecond+int64(t.Nanosecond())/int64(one), 10), true
		},
	}
}

// moscow is the zone of the banks' clocks. It has no daylight saving time since 2014.
func moscow() *time.Location { return time.FixedZone("", 3*60*60) }
