-- +goose Up

-- NULL is what entries from before there was a log have, and takes no room.
ALTER TABLE entry
  ADD COLUMN detail      TEXT,
  ADD COLUMN commitments BYTEA,
  ADD COLUMN link        BYTEA,
  ADD COLUMN mark        BYTEA;

-- How far the log is, in one row that only ever changes by comparison with what it was. Place and ordinal are those of its last
-- entry, 0 when it is empty.
CREATE TABLE log_head (
  one     BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
  size    BIGINT NOT NULL,
  root    BYTEA NOT NULL,
  epoch   BIGINT NOT NULL,
  place   BIGINT NOT NULL,
  ordinal INTEGER NOT NULL
);
INSERT INTO log_head (size, root, epoch, place, ordinal) VALUES (0, decode(repeat('00', 32), 'hex'), 0, 0, 0);

-- Hashes and records do not become smaller by compression.
CREATE TABLE log_tile (
  level  INTEGER NOT NULL,
  number BIGINT NOT NULL,
  data   BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);
ALTER TABLE log_tile ALTER COLUMN data SET STORAGE EXTERNAL;

-- Where each block of the log begins.
CREATE TABLE log_block (
  number  BIGINT PRIMARY KEY,
  place   BIGINT NOT NULL,
  ordinal INTEGER NOT NULL
);
CREATE UNIQUE INDEX log_block_place ON log_block (place, ordinal) INCLUDE (number);

CREATE TABLE log_checkpoint (
  size BIGINT PRIMARY KEY,
  root BYTEA NOT NULL,
  note BYTEA NOT NULL
);

-- A binary that wants version 1 would write entries without a mark behind those that have one, at which the log stops.
UPDATE compatibility SET oldest = 2;
