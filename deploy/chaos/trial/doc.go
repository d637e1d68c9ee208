// Package trial runs one seeded trial of the ledger: callers that confirm, repeat, withdraw, look up and put, all at once, while
// whatever may happens around them; and then compares what they were told with what is there.
//
// Promise: a trial that finds nothing has seen that every OK answer has its entry with the same outcome, that no request id has two,
// that every account stands as its entries and puts say, that the report lists every entry once, that every receipt holds,
// and that there is one order in which all answers are right. The same seed makes the same calls, with the same pauses; how they meet is up to the machine.
//
// Powers: Run runs a trial at a Place, which has the gateways and brings the faults.
//
// Limits: it talks to gateways as any client does, and sees nothing else of them.
package trial
