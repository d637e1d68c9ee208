-- Each row is something that the migration should have done.
SELECT 'no column ' || wanted FROM unnest(ARRAY['detail', 'commitments', 'link', 'mark']) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'entry' AND column_name = wanted)
UNION ALL
SELECT 'no table ' || wanted FROM unnest(ARRAY['log_head', 'log_tile', 'log_block', 'log_checkpoint']) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = wanted)
UNION ALL
SELECT 'no index log_block_place' WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_indexes WHERE indexname = 'log_block_place')
UNION ALL
SELECT 'the head of the log has no row' WHERE NOT EXISTS (SELECT 1 FROM log_head);
