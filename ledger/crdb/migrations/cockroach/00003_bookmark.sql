-- +goose NO TRANSACTION
-- +goose Up

-- How far background work is. A row only ever changes by comparison with its version. convert_from(name, 'UTF8') shows a name.
CREATE TABLE IF NOT EXISTS bookmark (
  name    BYTES PRIMARY KEY,
  version INT8 NOT NULL,
  value   BYTES NOT NULL
);

-- A binary that wants version 2 does not know this table and needs nothing that has gone: compatibility stays as it is.
