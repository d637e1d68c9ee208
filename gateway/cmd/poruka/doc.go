// Command poruka is the gateway, and every tool that belongs to it, in one file.
//
// Promise: each command says what it did in words on a terminal and as one JSON object with --json, explains itself with an
// example under --help, and ends with one of four exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 could not be done.
//
// Powers: it may see every room. A command reads its flags, calls the room that does the work and prints; nothing is decided here.
//
// Limits: personal data are neither taken from the command line, where other users of the machine could read them, nor
// printed unless the command's purpose is to show them.
package main
