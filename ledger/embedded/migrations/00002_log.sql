-- The log: a Merkle tree over the entries, and what ties them to it.

-- +goose Up
-- NULL is what entries from before there was a log have, and takes no room.
alter table entries add column detail text;
alter table entries add column commitments blob;
alter table entries add column link blob;
alter table entries add column mark blob;

-- How far the log is, in one row that only ever changes by comparison with what it was. last is the position of its last
-- entry, 0 when it is empty.
create table log_head (
    one   integer primary key check (one = 1),
    size  integer not null,
    root  blob not null,
    epoch integer not null,
    last  integer not null
) strict;
insert into log_head (one, size, root, epoch, last) values (1, 0, zeroblob(32), 0, 0);

create table log_tiles (
    level  integer not null,
    number integer not null,
    data   blob not null,
    primary key (level, number)
) strict;

-- Where each block of the log begins.
create table log_blocks (
    number integer primary key,
    first  integer not null unique
) strict;

create table log_checkpoints (
    size integer primary key,
    root blob not null,
    note blob not null
) strict;
