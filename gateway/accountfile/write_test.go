package accountfile_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners/sandbox/people"
)

func population(t testing.TB) *people.Population {
	t.Helper()
	today, err := person.ParseDate("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	p, err := people.New(people.Config{Seed: 5, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	const count = 2000
	for _, format := range []accountfile.Format{accountfile.CSV, accountfile.JSONL} {
		file := format.Header()
		for _, account := range population(t).Range(0, count) {
			row := accountfile.Row(account)
			file = format.Append(file, &row)
		}
		all := records(t, open(t, string(file), ""))
		if len(all) != count {
			t.Fatalf("%s: %d records, want %d", format, len(all), count)
		}
		for i, record := range all {
			if record.Problems != nil || !reflect.DeepEqual(record.Row, accountfile.Row(population(t).Account(uint64(i)))) {
				t.Fatalf("%s: account %d is read otherwise than written: %v", format, i, record.Problems)
			}
		}
	}
}

// Others read these files too.
func TestStandardReadersAgree(t *testing.T) {
	row := maria()
	file := accountfile.CSV.Append(accountfile.CSV.Header(), &row)
	lines, err := csv.NewReader(strings.NewReader(string(file))).ReadAll()
	if err != nil || len(lines) != 2 || len(lines[1]) != len(accountfile.Columns()) || lines[1][13] != row.Person.Passport.Issuer {
		t.Errorf("encoding/csv reads %d lines, %v", len(lines), err)
	}
	row.Person.GivenName = "a\"b\\c\td\u2028\x01"
	var object struct {
		GivenName     string `json:"given_name"`
		PhoneVerified bool   `json:"phone_verified"`
	}
	err = json.Unmarshal(accountfile.JSONL.Append(nil, &row), &object)
	if err != nil || object.GivenName != row.Person.GivenName || !object.PhoneVerified {
		t.Errorf("encoding/json reads %v, %v", object, err)
	}
}

func TestLineBreakDoesNotBreakTheFile(t *testing.T) {
	row := maria()
	row.Person.Passport.Issuer = "ОВД\r\nгорода \"А\"\n"
	back := one(t, string(accountfile.CSV.Append(accountfile.CSV.Header(), &row)))
	if back.Problems != nil || back.Row.Person.Passport.Issuer != "ОВД города \"А\"" {
		t.Errorf("problems %v, or another issuer", back.Problems)
	}
}

// Whatever the bytes: reading ends, tells nothing of them, and what it takes for a row survives being written.
func FuzzReader(f *testing.F) {
	f.Add([]byte(header + "\n" + line + "\n"))
	f.Add([]byte(jsonLine()))
	f.Add([]byte("\ufeff" + header + "\r\n\"\"\"\",,\n"))
	f.Add([]byte(`{"previous_passports":" 45 09  111111 ;C01"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := accountfile.New(accountfile.Config{Input: strings.NewReader(string(content))})
		if err != nil {
			return
		}
		for number := int64(1); ; number++ {
			record, err := r.Next()
			if err == io.EOF { //nolint:errorlint // exactly this
				break
			}
			if err != nil || record.Number != number {
				t.Fatalf("record %d: %d, %v", number, record.Number, err)
			}
			if record.Problems == nil {
				again(t, record.Row)
			}
		}
		if r.Offset() != int64(len(content)) {
			t.Fatalf("offset %d of %d", r.Offset(), len(content))
		}
	})
}

func again(t *testing.T, row accountfile.Row) {
	t.Helper()
	// Line breaks can stand in JSONL alone.
	for _, format := range []accountfile.Format{accountfile.JSONL, accountfile.CSV} {
		if format == accountfile.CSV && strings.ContainsAny(string(accountfile.JSONL.Append(nil, &row)), `\`) {
			continue
		}
		back := one(t, string(format.Append(format.Header(), &row)))
		if back.Problems != nil || !reflect.DeepEqual(back.Row, row) {
			t.Fatalf("%s: read otherwise than written: %v", format, back.Problems)
		}
	}
}

func BenchmarkAppendCSV(b *testing.B) { benchmarkAppend(b, accountfile.CSV) }

func BenchmarkAppendJSONL(b *testing.B) { benchmarkAppend(b, accountfile.JSONL) }

func benchmarkAppend(b *testing.B, format accountfile.Format) {
	row, file := maria(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		file = format.Append(file[:0], &row)
	}
}

func BenchmarkReadCSV(b *testing.B) { benchmarkRead(b, accountfile.CSV) }

func BenchmarkReadJSONL(b *testing.B) { benchmarkRead(b, accountfile.JSONL) }

// benchmarkRead tells the time of one row.
func benchmarkRead(b *testing.B, format accountfile.Format) {
	row := maria()
	rows := strings.Repeat(string(format.Append(nil, &row)), 1000)
	b.ReportAllocs()
	for n := 0; n < b.N; n += 1000 {
		r := open(b, string(format.Header())+rows, format)
		if got := len(records(b, r)); got != 1000 {
			b.Fatal(got)
		}
	}
}
