-- Each row is a reason not to begin.
SELECT 'there is already a table ' || table_name FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name IN ('log_head', 'log_tile', 'log_block', 'log_checkpoint')
UNION ALL
SELECT 'entries can be changed' WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'entry_is_final' AND tgenabled = 'O');
