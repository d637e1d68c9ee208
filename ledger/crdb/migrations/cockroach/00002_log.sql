-- +goose NO TRANSACTION
-- +goose Up

-- NULL is what entries from before there was a log have, and takes no room. They join the one family that there is.
ALTER TABLE entry ADD COLUMN IF NOT EXISTS detail STRING;
ALTER TABLE entry ADD COLUMN IF NOT EXISTS commitments BYTES;
ALTER TABLE entry ADD COLUMN IF NOT EXISTS link BYTES;
ALTER TABLE entry ADD COLUMN IF NOT EXISTS mark BYTES;

-- How far the log is, in one row that only ever changes by comparison with what it was. Place and ordinal are those of its last
-- entry, 0 when it is empty.
CREATE TABLE IF NOT EXISTS log_head (
  one     BOOL PRIMARY KEY DEFAULT true CHECK (one),
  size    INT8 NOT NULL,
  root    BYTES NOT NULL,
  epoch   INT8 NOT NULL,
  place   DECIMAL NOT NULL,
  ordinal INT8 NOT NULL
);
INSERT INTO log_head (one, size, root, epoch, place, ordinal) VALUES (true, 0, decode(repeat('00', 32), 'hex'), 0, 0, 0)
ON CONFLICT (one) DO NOTHING;

-- Only one gateway at a time writes to the tables of the log, a few times a second: their ends are no hot spot.
CREATE TABLE IF NOT EXISTS log_tile (
  level  INT4 NOT NULL,
  number INT8 NOT NULL,
  data   BYTES NOT NULL,
  PRIMARY KEY (level, number)
);

-- Where each block of the log begins.
CREATE TABLE IF NOT EXISTS log_block (
  number  INT8 PRIMARY KEY,
  place   DECIMAL NOT NULL,
  ordinal INT8 NOT NULL,
  UNIQUE INDEX log_block_place (place, ordinal)
);

CREATE TABLE IF NOT EXISTS log_checkpoint (
  size INT8 PRIMARY KEY,
  root BYTES NOT NULL,
  note BYTES NOT NULL
);

-- A binary that wants version 1 would write entries without a mark behind those that have one, at which the log stops.
UPDATE compatibility SET oldest = 2 WHERE oldest < 2;
