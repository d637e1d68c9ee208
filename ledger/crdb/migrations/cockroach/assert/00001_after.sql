-- Each row is something that the migration should have done.
SELECT 'no index ' || wanted FROM unnest(ARRAY[
  'account_snils', 'account_phone', 'entry_place', 'entry_account', 'entry_decided'
]) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_indexes WHERE indexname = wanted)
UNION ALL
SELECT 'compatibility has no row' WHERE NOT EXISTS (SELECT 1 FROM compatibility);
