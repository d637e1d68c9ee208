// Package accountimport puts a file of accounts through PortalService.ImportAccounts.
//
// Promise: rows are settled as if they had been put one after another, in memory that does not grow with the file. What the
// journal counts is durable at the gateway; after any interruption, also a kill, an import resumed from its journal loses no
// row and doubles none, and its rejects file names each refused row once.
//
// Powers: several rows are under way at the same time; calls that fail in passing are repeated, which the gateway allows
// because a put that changes nothing does nothing.
//
// Limits: it reads no format; see gateway/accountfile. Neither the journal nor the rejects file holds a value of a row.
package accountimport
