-- +goose Up

-- How far background work is. A row only ever changes by comparison with its version. Names are compared byte by byte, whatever the
-- collation of the database: convert_from(name, 'UTF8') shows one.
CREATE TABLE bookmark (
  name    BYTEA PRIMARY KEY,
  version BIGINT NOT NULL,
  value   BYTEA NOT NULL
);

-- A binary that wants version 2 does not know this table and needs nothing that has gone: compatibility stays as it is.
