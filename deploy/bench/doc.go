// Command bench measures a whole gateway beside bare baselines, all in one run on one machine, so that ratios hold where absolute
// figures do not: `make bench`, or `go run ./deploy/bench --help`.
//
// Every measured server is a process of its own; its CPU time and memory are read from the kernel. Baselines:
//
//   - floor: the main call with a ready-made answer over the same mTLS, gRPC and REST (handler called in process), nothing behind it;
//   - ungrouped: the same gateway with one transaction for each confirmation;
//   - engine: grouped decisions on the embedded ledger without a gateway;
//   - log: the ledger layer with all that makes and signs the log beside the same without it, on both engines; COPY beside a report;
//   - on PostgreSQL, on one private server: transactions as one would write them, two round trips, point reads, inserts, COPY.
//
// deploy/docs/performance.md says what is compared with what. It needs Linux (/proc) and bin/poruka; `make bench` builds it. Without
// PostgreSQL 15 on the machine that part is left out.
package main
