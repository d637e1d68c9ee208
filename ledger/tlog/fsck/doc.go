// Package fsck checks a whole ledger: it derives from the entries everything else that is kept, and names what disagrees.
//
// Promise: it changes nothing, and believes nothing that it can derive. An entry that was altered, taken away, added or moved after it
// was in the log is named with its position, and so is a tile, a block, the head or a checkpoint that was touched.
//
// Powers: Run goes through entries, tiles, checkpoints and accounts. With the key ring it checks marks and opens every profile, so that
// an account whose data or indexes were swapped is named.
//
// How: records of the entries are compared with those of the log, in order; hashes are computed from the leaves upwards; links of
// each writer are followed; checkpoints must be signed by trusted keys and have the root that the tiles give.
//
// Limits: it reads while others write, and checks the log as long as it was in the beginning. What nobody can see from the ledger
// alone is told in deploy/docs/log.md. It keeps 32 bytes for each confirmation in memory.
package fsck
