// Package person holds the value types of a person: names, SNILS, INN, passport, phone, e-mail, dates.
//
// Promise: a value of one of these types is well-formed and normalised; parsing twice changes nothing; an error names the
// field and never repeats its value. Printing, logging or JSON-encoding a value shows «redacted»: reading it takes a method call.
//
// Powers: parse, normalise, check digits, format, compare dates, encode a profile for sealing. All pure.
//
// Limits: it knows no account, no bank and no policy; whether two persons match is decided in gateway/match.
package person
