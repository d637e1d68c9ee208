// Package match decides whether a claim about a person agrees with an account, and whether such a person may be confirmed.
//
// Promise: the same claim, account and policy give the same result, for ever: a policy is never changed under its id.
// A result names what differs only to one who has proved to know the SNILS, the birth date and the passport number.
//
// Powers: compare a claim with a profile field by field; admit by age and passport; tell when a passport on file ends.
// All pure. What match/1 does is written down in README.md.
//
// Limits: it knows no ledger entry, no attempt budget, no level and no clock; what becomes of a result is for package confirm.
package match
