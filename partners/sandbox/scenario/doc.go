// Package scenario makes the claims that banks send about invented people, true ones and each way of being wrong, together
// with what must come of them.
//
// Promise: a scenario is a function of its kind, the account, the time and the policy's view of minors; its claim is well-formed, and what it
// expects is worked out from the rules as they are written down, not by the code that decides.
//
// Limits: it expects what a gateway answers that holds the account as it was invented; once an account has been raised, or
// an attempt budget is spent, the answer is another.
package scenario
