// Package audit answers the questions of compliance staff: what was decided, by whom, under which rules.
//
// Promise: a list keeps its order; a report that ends with its footer is whole, and a report that broke off has none; the
// same report made again up to the same head of the ledger is the same to the byte; nothing in it is personal data, and
// no cell of it is taken for a formula.
//
// Powers: List, Summarize and Export read the ledger through ledger.Reporter, a bounded number at a time, so that reports
// cannot starve decisions. VerifyFooter checks a file without a ledger.
//
// # The form of a report
//
// UTF-8, lines end with LF. The last line is the footer. It tells the number of rows and the SHA-256 digest, in lower-case
// hexadecimal, of every byte before the footer, and then the filter and the head of the ledger up to which it was made.
//
// CSV: the first line holds the names of the columns, each further line is a row quoted as in RFC 4180, none holds a line
// break inside a cell, and the last line is
//
//	#footer,rows=N,sha256=HEX,version=1,from=TIME,to=TIME,bank=ID,outcome=NAME,head=CURSOR
//
// A cell that a spreadsheet would take for a formula begins with an apostrophe that is not part of the value.
//
// JSONL: each line is one object with the names of poruka.v1.Record in JSON, and the last is
//
//	{"footer":{"rows":N,"sha256":"HEX","version":1,"from":"TIME","to":"TIME","bank":"ID","outcome":"NAME","head":"CURSOR"}}
//
// Times are RFC 3339 in UTC with microseconds. Parts of the filter that choose everything are empty.
//
// Limits: the digest shows that a report was cut or damaged, not that it was forged: whoever can change a row can change
// the footer too.
package audit
