// Package magic is the persons of the sandbox: documented SNILS numbers, each of which gives one outcome, one reason or one fault.
//
// Promise: the numbers from 000-999-000 to 000-999-099 are nobody's, whatever their check digits, and mean the same for ever: a bank
// may build them into its own tests. Apart from the SNILS they are one and the same person wherever that is possible.
//
// Limits: it is a table. Package confirm answers by it, package portal keeps the accounts, and only where the sandbox is on;
// elsewhere both refuse the numbers. What depends on the request alone, not on the person, has no number here: see ByRequest.
package magic
