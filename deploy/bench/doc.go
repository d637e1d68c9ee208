// Command bench measures a whole gateway beside bare baselines, all in one run on one machine, so that ratios hold where absolute
// figures do not: `make bench`, or `go run ./deploy/bench --help`.
//
// Every measured server is a process of its own; its CPU time and memory are read from the kernel. Baselines:
//
//   - floor: the main call with a ready-made answer over the same mTLS, gRPC and REST (handler called in process), nothing behind it;
//   - ungrouped: the same gateway with one transaction for each confirmation;
//   - engine: grouped decisions on the embedded ledger without a gateway.
//
// It needs Linux (/proc) and bin/poruka; `make bench` builds it.
package main
