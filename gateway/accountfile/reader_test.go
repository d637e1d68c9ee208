package accountfile_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/ledger/person"
)

const header = "account_id,level,method,family_name,given_name,middle_name,birth_date,sex,citizenship,passport_series,passport_number," +
	"passport_issue_date,passport_department_code,passport_issuer,snils,inn,mobile_phone,phone_verified,email,email_verified," +
	"registry_status,registry_time,previous_passports"

const line = `3d148963-aadf-8789-a80c-fff13fa1759e,CONFIRMED,BANK,Кузнецова,Мария,Олеговна,1990-04-21,FEMALE,RUS,4510,123456,2010-05-12,770-100,` +
	`"ОВД ""Тверской"", г. Москва",112-233-445 95,500100732259,+79161234567,true,m.k@example.org,false,VERIFIED,2026-11-20T10:00:00+03:00,4509 111111;4508 222222`

func maria() accountfile.Row {
	return accountfile.Row{
		AccountID: "3d148963-aadf-8789-a80c-fff13fa1759e", Level: "CONFIRMED", Method: "BANK",
		Person: person.Raw{
			FamilyName: "Кузнецова", GivenName: "Мария", MiddleName: "Олеговна", BirthDate: "1990-04-21", Sex: "FEMALE", Citizenship: "RUS",
			Passport: person.RawPassport{
				Series: "4510", Number: "123456", IssueDate: "2010-05-12", DepartmentCode: "770-100", Issuer: `ОВД "Тверской", г. Москва`,
			},
			SNILS: "112-233-445 95", INN: "500100732259", MobilePhone: "+79161234567", Email: "m.k@example.org",
		},
		PhoneVerified: true,
		Previous:      []person.RawPassport{{Series: "4509", Number: "111111"}, {Series: "4508", Number: "222222"}},

		RegistryStatus: "VERIFIED", RegistryTime: time.Date(2026, 11, 20, 7, 0, 0, 0, time.UTC),
	}
}

func open(t testing.TB, content string, format accountfile.Format) *accountfile.Reader {
	t.Helper()
	r, err := accountfile.New(accountfile.Config{Input: strings.NewReader(content), Format: format})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func records(t testing.TB, r *accountfile.Reader) (all []accountfile.Record) {
	t.Helper()
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, record)
	}
}

// one reads the only record of a file.
func one(t testing.TB, content string) accountfile.Record {
	t.Helper()
	all := records(t, open(t, content, ""))
	if len(all) != 1 {
		t.Fatalf("%d records, want 1", len(all))
	}
	return all[0]
}

func TestReadsEveryColumn(t *testing.T) {
	for name, content := range map[string]string{
		"CSV":               header + "\n" + line + "\n",
		"no last line end":  header + "\n" + line,
		"CR LF":             header + "\r\n" + line + "\r\n",
		"byte order mark":   "\ufeff" + header + "\n" + line + "\n",
		"blank lines":       "\n" + header + "\n\n   \n" + line + "\n\n",
		"every cell quoted": header + "\n" + quoted(line) + "\n",
		"JSONL":             jsonLine(),
		"JSONL with a mark": "\ufeff \n" + jsonLine(),
	} {
		t.Run(name, func(t *testing.T) {
			record := one(t, content)
			if record.Number != 1 || record.Problems != nil {
				t.Fatalf("record %d, problems %v", record.Number, record.Problems)
			}
			if !reflect.DeepEqual(record.Row, maria()) {
				t.Error("another row was read")
			}
		})
	}
}

func quoted(line string) string {
	plain := strings.Replace(line, `"ОВД ""Тверской"", г. Москва"`, "@", 1)
	cells := `"` + strings.ReplaceAll(plain, ",", `","`) + `"`
	return strings.Replace(cells, `"@"`, `"ОВД ""Тверской"", г. Москва"`, 1)
}

func jsonLine() string {
	row := maria()
	return string(accountfile.JSONL.Append(nil, &row))
}

func TestOrderOfColumnsIsFree(t *testing.T) {
	names := strings.Split(header, ",")
	cells := map[string]string{"account_id": "3D148963-AADF-8789-A80C-FFF13FA1759E", "family_name": " Ли ", "given_name": "Ан"}
	var head, body []string
	for i := len(names) - 2; i >= 0; i-- { // without previous_passports
		head, body = append(head, names[i]), append(body, cells[names[i]])
	}
	record := one(t, strings.Join(head, ", ")+"\n"+strings.Join(body, ","))
	want := accountfile.Row{AccountID: "3d148963-aadf-8789-a80c-fff13fa1759e", Person: person.Raw{FamilyName: "Ли", GivenName: "Ан"}}
	if record.Problems != nil || !reflect.DeepEqual(record.Row, want) {
		t.Errorf("problems %v, or another row", record.Problems)
	}
}

func TestMalformedHeaderIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ header, want string }{
		"empty":          {"", "the file is empty"},
		"only a mark":    {"\ufeff", "the file is empty"},
		"unknown column": {header + ",passport_no", `unknown column "passport_no"`},
		"column twice":   {header + ",snils", `column "snils" stands there twice`},
		"column missing": {strings.Replace(header, ",inn", "", 1), `column "inn" is missing`},
		"upper case":     {strings.ToUpper(header), `unknown column "ACCOUNT_ID"`},
		"no header":      {line, "column 1 has no name"},
		"semicolons":     {strings.ReplaceAll(header, ",", ";"), "parted by commas"},
		"tabs":           {strings.ReplaceAll(header, ",", "\t"), "parted by commas"},
		"open quote":     {`"` + header, "a quote is not closed"},
		"too long":       {strings.Repeat("x", 1<<17), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := accountfile.New(accountfile.Config{Input: strings.NewReader(test.header + "\n"), Format: accountfile.CSV})
			if !errors.Is(err, accountfile.ErrHeader) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if strings.Contains(fmt.Sprint(err), "Кузнецова") {
				t.Errorf("the error quotes a row: %v", err)
			}
		})
	}
}

func TestBadLinesAreToldWithoutValues(t *testing.T) {
	const secret = "СЕКРЕТ"
	csv := func(old, instead string) string { return header + "\n" + strings.Replace(line, old, instead, 1) }
	json := func(text string) string { return text + "\n" }
	tests := []struct{ name, content, column, want string }{
		{"no id", csv("3d148963-aadf-8789-a80c-fff13fa1759e", ""), "account_id", "must be a UUID"},
		{"id in braces", csv("3d148963-aadf-8789-a80c-fff13fa1759e", "{3d148963-aadf-8789-a80c-fff13fa1759e}"), "account_id", "must be a UUID"},
		{"id without hyphens", csv("3d148963-aadf-8789-a80c-fff13fa1759e", "3d148963aadf8789a80cfff13fa1759e0000"), "account_id", "must be a UUID"},
		{"id not hexadecimal", csv("3d148963", "3g148963"), "account_id", "must be a UUID"},
		{"level", csv("CONFIRMED", secret), "level", "must be empty or one of SIMPLIFIED, STANDARD_VERIFYING"},
		{"level erased", csv("CONFIRMED", "ERASED"), "level", "must be empty or one of"},
		{"level in lower case", csv("CONFIRMED", "confirmed"), "level", "must be empty or one of"},
		{"method", csv("BANK", secret), "method", "must be empty or one of BANK"},
		{"sex", csv("FEMALE", secret), "sex", "must be empty, MALE or FEMALE"},
		{"flag", csv("true", "yes"), "phone_verified", "must be empty or one of true, false"},
		{"status", csv("VERIFIED", "OK"), "registry_status", "must be empty or one of VERIFIED"},
		{"time", csv("2026-11-20T10:00:00+03:00", "20.11.2026"), "registry_time", "must be empty or a time"},
		{"time without zone", csv("+03:00", ""), "registry_time", "must be empty or a time"},
		{"previous blank", csv("4509 111111;", "4509 111111;;"), "previous_passports", "parted by semicolons"},
		{"previous too many", csv("4509 111111;", strings.Repeat("4509 111111;", 10)), "previous_passports", "at most 10"},
		{"cell missing", csv("RUS,", ""), "", "the line has 22 cells, the header 23"},
		{"cell too many", csv("RUS,", "RUS,"+secret+","), "", "the line has 24 cells, the header 23"},
		{"quote not closed", csv(`Москва",`, `Москва,`), "", "a quote is not closed in its line"},
		{"quote within", csv("Кузнецова", `Кузне"цова`), "", "a cell with a quote"},
		{"quote not doubled", csv(`""Тверской""`, `"Тверской"`), "", "a quote within a cell must be doubled"},
		{"not UTF-8", csv("Кузнецова", "\xca\xf3\xe7"), "", "not UTF-8"},
		{"too long", csv("Кузнецова", strings.Repeat(secret, 1<<14)), "", "longer than 65536 bytes"},
		{"JSON unknown name", json(`{"account_id": "x", "passport_no": "` + secret + `"}`), "", `unknown name "passport_no"`},
		{"JSON odd name", json(`{"` + secret + `": 1}`), "", "unknown name"},
		{"JSON name twice", json(`{"level": "STANDARD", "level": "LOCKED"}`), "", `"level" stands there twice`},
		{"JSON number", json(`{"inn": 500100732259}`), "inn", "must be a string"},
		{"JSON list", json(`{"inn": ["` + secret + `"]}`), "inn", "must be a string"},
		{"JSON flag elsewhere", json(`{"inn": true}`), "inn", "must be a string"},
		{"JSON cut", json(`{"inn": "` + secret), "", "malformed JSON"},
		{"JSON not closed", json(`{"inn": "1"`), "", "malformed JSON"},
		{"JSON two", json(`{"inn": "1"} {}`), "", "more than one"},
		{"JSON rubbish after", json(`{"inn": "1"} ` + secret), "", "more than one"},
		{"JSON no value", json(`{"inn":}`), "", "malformed JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := one(t, test.content)
			if len(record.Problems) == 0 {
				t.Fatal("no problem was found")
			}
			p := record.Problems[0]
			if p.Column != test.column || p.Reason != "FIELD_FORMAT" || !strings.Contains(p.Text, test.want) {
				t.Errorf("problem %+v, want %q in column %q", p, test.want, test.column)
			}
			if text := fmt.Sprintf("%+v", record.Problems); strings.Contains(text, secret) || strings.Contains(text, "Кузне") {
				t.Errorf("a problem quotes a value: %s", text)
			}
		})
	}
}

func TestEveryProblemOfALineIsTold(t *testing.T) {
	bad := strings.NewReplacer("CONFIRMED", "x", "BANK", "y", "FEMALE", "z", "VERIFIED", "v").Replace(line)
	var columns []string
	for _, p := range one(t, header+"\n"+bad).Problems {
		columns = append(columns, p.Column)
	}
	if got := strings.Join(columns, " "); got != "level method registry_status sex" {
		t.Errorf("problems in %s", got)
	}
}

func TestReadingGoesOnAfterABadLine(t *testing.T) {
	content := header + "\n" + line + "\n\"open\n\n" + strings.Repeat("x", 1<<18) + "\n" + line + "\n"
	all := records(t, open(t, content, accountfile.CSV))
	if len(all) != 4 {
		t.Fatalf("%d records, want 4", len(all))
	}
	for i, bad := range []bool{false, true, true, false} {
		if all[i].Number != int64(i+1) || (all[i].Problems != nil) != bad {
			t.Errorf("record %d has number %d and problems %v", i+1, all[i].Number, all[i].Problems)
		}
	}
}

func TestSkipAndOffset(t *testing.T) {
	content := "\ufeff" + header + "\r\n" + strings.Repeat(line+"\r\n\r\n", 5)
	whole := open(t, content, "")
	var offsets []int64
	for range 5 {
		if _, err := whole.Next(); err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, whole.Offset())
	}
	r := open(t, content, "")
	if err := r.Skip(3); err != nil || r.Offset() != offsets[2] {
		t.Fatalf("at %d after 3 records, %v; want %d", r.Offset(), err, offsets[2])
	}
	if record, err := r.Next(); err != nil || record.Number != 4 || r.Offset() != offsets[3] {
		t.Errorf("record %d at %d, %v; want 4 at %d", record.Number, r.Offset(), err, offsets[3])
	}
	if err := r.Skip(2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("skipping past the end: %v", err)
	}
	if _, err := whole.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if whole.Offset() != int64(len(content)) {
		t.Errorf("offset %d at the end of %d bytes", whole.Offset(), len(content))
	}
}

func TestFailureOfTheInputIsTold(t *testing.T) {
	broken := errors.New("disk gone")
	input := io.MultiReader(strings.NewReader(header+"\n"+line+"\n"), iotest.ErrReader(broken))
	r, err := accountfile.New(accountfile.Config{Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "after record 1") {
		t.Errorf("%v, want that the disk is gone after record 1", err)
	}
	if _, err := accountfile.New(accountfile.Config{Input: iotest.ErrReader(broken)}); !errors.Is(err, broken) {
		t.Errorf("%v, want that the disk is gone", err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]accountfile.Format{
		"a.csv": accountfile.CSV, "a.CSV": accountfile.CSV, "b/a.jsonl": accountfile.JSONL, "a.ndjson": accountfile.JSONL, "-": "", "a.txt": "",
	} {
		if got, ok := accountfile.FormatOf(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}

func TestColumn(t *testing.T) {
	for path, want := range map[string]string{
		"id": "account_id", "account.id": "account_id", "level": "level", "profile.person.snils": "snils",
		"profile.person.familyName": "family_name", "person.passport.series": "passport_series",
		"profile.person.passport.departmentCode": "passport_department_code", "profile.phoneVerified": "phone_verified",
		"profile.previousPassports[2].number": "previous_passports", "registryStatus": "registry_status", "registryTime": "registry_time",
		"profile.person.mobilePhone": "mobile_phone", "profile": "profile", "profile.person": "profile.person", "": "",
		"profile.person.passport": "profile.person.passport",
	} {
		if got := accountfile.Column(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
