// Package embedded keeps the ledger in one SQLite file beside the gateway: the engine of the single command.
//
// Promise: what Transact acknowledges has reached the disk; a store that is full, broken or gone gives
// ledger.ErrUnavailable and never a silent success; when it cannot be told whether a commit took effect, it says
// ledger.ErrOutcomeUnknown. One process owns the file at a time.
//
// Powers: Open migrates the file forward and gives a ledger.Engine. Decisions run one transaction at a time on one
// connection; questions and reports read snapshots on others and delay nobody; the write-ahead log is folded into the
// file in the background.
//
// Limits: one machine. Whoever may write the file may forge it: entries are guarded by triggers against mistakes, not
// against its owner. The file system must have working locks and fsync; network file systems do not.
package embedded
