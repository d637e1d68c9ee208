// Package roster reads who the banks are from a YAML file.
//
// Promise: the roster in force is always whole and valid; a new file takes effect at once and as a whole, a bad one changes
// nothing and is told. Every mistake in a file is told with its line, the bank and the key.
//
// Powers: it polls the file, which works with editors, symbolic links and mounted volumes alike.
//
// Limits: which policies and dialects exist is told to it; whether an operator has suspended a bank is kept in the ledger.
// What deploy/config/roster.yaml says in its comments is the documentation of the file.
package roster
