-- Each row is a reason not to begin.
SELECT 'there is already a table ' || table_name FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name IN ('account', 'entry', 'attempt', 'suspension', 'compatibility')
UNION ALL
SELECT 'the database is not in UTF-8' FROM pg_database WHERE datname = current_database() AND pg_encoding_to_char(encoding) <> 'UTF8';
