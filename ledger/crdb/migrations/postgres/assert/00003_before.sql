-- Each row is a reason not to begin.
SELECT 'there is already a table bookmark' FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name = 'bookmark';
