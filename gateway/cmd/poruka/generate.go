package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/poruka/poruka/gateway/accountfile"
	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/sandbox/people"
)

// accountsGenerateCmd invents accounts.
type accountsGenerateCmd struct {
	Count  uint64 `required:"" help:"How many accounts." placeholder:"N"`
	Seed   uint64 `help:"The same seed gives the same people." default:"1"`
	On     string `help:"Day on which the accounts are looked at: passports run out, registries answer. Default: today." placeholder:"DAY"`
	Format string `help:"Form of the file: csv, jsonl, or auto: by the name of the file, else csv." enum:"auto,csv,jsonl" default:"auto"`
	Out    string `help:"File to write. Default: standard output." placeholder:"FILE"`
}

// Help is shown by --help.
func (*accountsGenerateCmd) Help() string {
	return `Invents accounts of people who do not exist: names with the right endings, numbers with the right check digits, passports
that fit age and day of issue, every level, minors, foreign citizens, expired and replaced passports. The same count, seed and
day give the same file; a smaller count is its beginning. With --json and without --out the rows are JSONL.

Examples:

    poruka accounts generate --count 10000 --seed 1 --out accounts.csv
    poruka accounts generate --count 20 --format jsonl
    poruka accounts generate --count 1000000 | poruka accounts import - --format csv
`
}

// generated is what `accounts generate --out FILE --json` prints.
type generated struct {
	File    string  `json:"file"`
	Rows    uint64  `json:"rows"`
	Seed    uint64  `json:"seed"`
	On      string  `json:"on"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

// Run invents.
func (c *accountsGenerateCmd) Run(ctx context.Context, s *streams) error {
	if c.Count > people.MaxCount {
		return wrongUsef("--count must be at most %s", thousands(int64(people.MaxCount)))
	}
	on, err := c.day()
	if err != nil {
		return err
	}
	population, err := people.New(people.Config{Seed: c.Seed, Today: on})
	if err != nil {
		return wrongUsef("--on: %w", err)
	}
	if c.Out == "" {
		return c.write(ctx, s.Out, population, c.format(s), nil)
	}
	return c.save(ctx, s, population, on)
}

// day is that of --on, or today in Moscow.
func (c *accountsGenerateCmd) day() (person.Date, error) {
	if c.On == "" {
		return person.DateOf(time.Now().In(partners.Moscow())), nil
	}
	on, err := person.ParseDate(c.On)
	if err != nil {
		return on, wrongUsef("--on must be a day like 2026-11-22")
	}
	return on, nil
}

func (c *accountsGenerateCmd) format(s *streams) accountfile.Format {
	if c.Format != "auto" {
		return accountfile.Format(c.Format)
	}
	if format, ok := accountfile.FormatOf(c.Out); ok {
		return format
	}
	if s.JSON && c.Out == "" {
		return accountfile.JSONL
	}
	return accountfile.CSV
}

// save writes the file under another name until it is whole.
func (c *accountsGenerateCmd) save(ctx context.Context, s *streams, population *people.Population, on person.Date) error {
	draft, begin := c.Out+".part", time.Now()
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("the accounts cannot be written: %w", err)
	}
	bar := newProgress(s, "generate", "accounts", signed(c.Count))
	err = c.write(ctx, file, population, c.format(s), func(done uint64) { bar.set(signed(done), signed(done)) })
	bar.finish()
	size, statErr := file.Seek(0, io.SeekEnd)
	err = errors.Join(err, statErr, file.Close())
	if err == nil {
		err = os.Rename(draft, c.Out)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the accounts are not whole: %w", err), os.Remove(draft))
	}
	result := generated{
		File: c.Out, Rows: c.Count, Seed: c.Seed, On: on.ISO(), Bytes: size, Seconds: time.Since(begin).Seconds(),
	}
	if s.JSON {
		return s.printJSON(result)
	}
	s.notef("%s: %s accounts of seed %d on %s", result.File, thousands(signed(result.Rows)), result.Seed, result.On)
	return nil
}

func (c *accountsGenerateCmd) write(ctx context.Context, to io.Writer, population *people.Population, format accountfile.Format, done func(uint64)) error {
	if _, err := to.Write(format.Header()); err != nil {
		return err
	}
	return population.Render(ctx, to, people.Rendering{
		Count: c.Count, Workers: runtime.GOMAXPROCS(0), Done: done,
		Append: func(file []byte, account people.Account) []byte {
			row := accountfile.Row(account)
			return format.Append(file, &row)
		},
	})
}

// signed is for a count of accounts.
func signed(count uint64) int64 { return int64(count) } //nolint:gosec // at most people.MaxCount
