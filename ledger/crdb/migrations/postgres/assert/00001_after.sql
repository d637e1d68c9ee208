-- Each row is something that the migration should have done.
SELECT 'no index ' || wanted FROM unnest(ARRAY[
  'account_pkey', 'account_snils', 'account_phone', 'entry_pkey', 'entry_place', 'entry_account', 'entry_decided', 'attempt_pkey'
]) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = wanted)
UNION ALL
SELECT 'entries can be changed' WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'entry_is_final' AND tgenabled = 'O')
UNION ALL
SELECT 'compatibility has ' || count(*) || ' rows' FROM compatibility HAVING count(*) <> 1;
