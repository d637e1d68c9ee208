-- Each row is something that the migration should have done.
SELECT 'no table bookmark' WHERE NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'bookmark');
