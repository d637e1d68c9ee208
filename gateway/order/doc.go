// Package order keeps orders: the portal asks a bank to confirm the owner of an account.
//
// Promise: one request of the portal makes one order; an account has one open order at a time; an order is decided, cancelled or
// expired, never two of them, whichever gateway is asked and whatever was restarted in between. Everything that an order is stands
// in the ledger and is provable like any other entry.
//
// Powers: Create, Get and Cancel. Where a bank has an address for it, Get pulls the customer's data from the bank and has package
// confirm decide, exactly as if the bank had called.
//
// Limits: it decides nothing about persons itself, knows no wire, and calls a bank through a Puller alone. What it remembers of pulls
// is this gateway's own and is lost with it; nothing but the pace of pulling depends on it.
package order
