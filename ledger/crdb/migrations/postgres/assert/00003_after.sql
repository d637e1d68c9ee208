-- Each row is something that the migration should have done.
SELECT 'no index bookmark_pkey' WHERE NOT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'bookmark_pkey');
