// Package accountfile reads and writes files of accounts: CSV with a header, or JSONL with the same names.
//
// Promise: reading takes memory for one line, however long the file; a bad line is told by its number, column and reason,
// without any value of it, and the next line is read; what Append writes is read back the same.
//
// Powers: it judges the shape of a line and the columns that are the account's own. Each line is one record: a line break
// within a cell is a bad line, so that one missing quote cannot swallow the rest of a file.
//
// Limits: of the person it judges the sex alone; names, numbers and dates are judged where the account is put.
package accountfile
