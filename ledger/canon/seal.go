package canon

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Seal is what a seal says: what a partner's entries are in a part of the log. It is the Detail of an entry of ledger.KindSeal.
// Each entry that stands between From and To is counted once, under the hour in which it was decided. deploy/docs/log.md
// describes what that proves.
type Seal struct {
	Hour     time.Time   // its beginning, UTC
	From, To int64       // positions in the log; To does not belong to it
	Count    int64       // entries decided in the hour
	Late     []HourCount // those decided in hours before, in their order
	Early    []HourCount // those decided in hours behind, in their order
	Root     [32]byte    // RFC 6962 root over the records of all of these, in the order of the log
}

// HourCount is a number of entries that were decided in an hour; never zero.
type HourCount struct {
	Hour    time.Time
	Entries int64
}

// ErrSeal says that a text is not the detail of a seal, or not as Seal.Detail writes it.
var ErrSeal = errors.New("canon: not the detail of a seal")

// The forms of hours.
const (
	hourForm      = "2006-01-02T15:04:05Z"
	shortHourForm = "2006-01-02T15"
)

// HourOf gives the hour to which a time belongs.
func HourOf(at time.Time) time.Time { return at.UTC().Truncate(time.Hour) }

// Entries is the number of all entries that the seal counts.
func (s Seal) Entries() int64 {
	n := s.Count
	for _, list := range [][]HourCount{s.Late, s.Early} {
		for _, one := range list {
			n += one.Entries
		}
	}
	return n
}

// Of is the number of entries that the seal counts under an hour.
func (s Seal) Of(hour time.Time) int64 {
	if hour.Equal(s.Hour) {
		return s.Count
	}
	for _, list := range [][]HourCount{s.Late, s.Early} {
		for _, one := range list {
			if one.Hour.Equal(hour) {
				return one.Entries
			}
		}
	}
	return 0
}

// Detail writes the seal as an entry holds it.
func (s Seal) Detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "hour=%s from=%d to=%d count=%d", s.Hour.UTC().Format(hourForm), s.From, s.To, s.Count)
	writeHours(&b, " late=", s.Late)
	writeHours(&b, " early=", s.Early)
	b.WriteString(" root=" + hex.EncodeToString(s.Root[:]))
	return b.String()
}

func writeHours(b *strings.Builder, name string, list []HourCount) {
	for i, one := range list {
		if i > 0 {
			name = ","
		}
		b.WriteString(name + one.Hour.UTC().Format(shortHourForm) + ":" + strconv.FormatInt(one.Entries, 10))
	}
}

// ParseSeal reads what Detail has written, and nothing else: what it accepts is sound in itself and has one form. The error is
// ErrSeal.
func ParseSeal(detail string) (Seal, error) {
	var s Seal
	ok := true
	for word := range strings.SplitSeq(detail, " ") {
		name, value, _ := strings.Cut(word, "=")
		ok = ok && readWord(&s, name, value)
	}
	if !ok || s.Detail() != detail || !s.isSound() {
		return Seal{}, ErrSeal
	}
	return s, nil
}

func readWord(s *Seal, name, value string) (ok bool) {
	var err error
	switch name {
	case "hour":
		s.Hour, err = time.Parse(hourForm, value)
	case "from":
		s.From, err = strconv.ParseInt(value, 10, 64)
	case "to":
		s.To, err = strconv.ParseInt(value, 10, 64)
	case "count":
		s.Count, err = strconv.ParseInt(value, 10, 64)
	case "late":
		s.Late, err = readHours(value)
	case "early":
		s.Early, err = readHours(value)
	case "root":
		var root []byte
		if root, err = hex.DecodeString(value); len(root) == len(s.Root) {
			copy(s.Root[:], root)
		}
	default:
		return false
	}
	return err == nil
}

func readHours(text string) ([]HourCount, error) {
	list := make([]HourCount, 0, 1+strings.Count(text, ","))
	for word := range strings.SplitSeq(text, ",") {
		hour, number, _ := strings.Cut(word, ":")
		at, err := time.Parse(shortHourForm, hour)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, HourCount{at, n})
	}
	return list, nil
}

// isSound reports whether the seal can be one: hours that are hours and in order, and no more entries than the range has.
func (s Seal) isSound() bool {
	if !s.Hour.Equal(HourOf(s.Hour)) || s.From < 0 || s.To < s.From || s.Count < 0 || s.Count > s.To-s.From {
		return false
	}
	room := s.To - s.From - s.Count
	for _, list := range [][]HourCount{s.Late, s.Early} {
		for i, one := range list {
			isOrdered := i == 0 || list[i-1].Hour.Before(one.Hour)
			if !isOrdered || one.Entries < 1 || one.Entries > room {
				return false
			}
			room -= one.Entries
		}
	}
	isLate := len(s.Late) == 0 || s.Late[len(s.Late)-1].Hour.Before(s.Hour)
	return isLate && (len(s.Early) == 0 || s.Early[0].Hour.After(s.Hour))
}
