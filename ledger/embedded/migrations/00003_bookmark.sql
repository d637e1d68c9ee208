-- How far background work is. A row only ever changes by comparison with its version.

-- +goose Up
create table bookmarks (
    name    blob primary key,
    version integer not null,
    value   blob not null
) strict;
