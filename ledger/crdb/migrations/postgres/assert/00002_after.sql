-- Each row is something that the migration should have done.
SELECT 'no column ' || wanted FROM unnest(ARRAY['detail', 'commitments', 'link', 'mark']) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns
  WHERE table_schema = current_schema() AND table_name = 'entry' AND column_name = wanted)
UNION ALL
SELECT 'no index ' || wanted FROM unnest(ARRAY['log_tile_pkey', 'log_block_pkey', 'log_block_place', 'log_checkpoint_pkey']) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = wanted)
UNION ALL
SELECT 'the head of the log has ' || count(*) || ' rows' FROM log_head HAVING count(*) <> 1
UNION ALL
SELECT 'entries can be changed' WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'entry_is_final' AND tgenabled = 'O');
