-- The ledger. Times are microseconds since 1970 UTC; a zero value of Go is NULL.

-- +goose Up
create table meta (
    name  text primary key,
    value integer not null
) strict, without rowid;

-- number counts the accounts; rows are only ever added or replaced.
create table accounts (
    number       integer primary key,
    id           blob not null unique,
    level        integer not null,
    method       integer not null,
    version      integer not null,
    registry     integer not null,
    confirmed_by text,
    confirmed_at integer,
    confirmation blob,
    registry_at  integer,
    created_at   integer,
    updated_at   integer,
    snils        blob,
    inn          blob,
    phone        blob,
    digest       blob,
    wrapped_key  blob,
    box          blob
) strict;
create unique index accounts_snils on accounts (snils) where snils is not null;
create unique index accounts_phone on accounts (phone) where phone is not null;

-- position is the order of the ledger, from 1 without gaps.
create table entries (
    position   integer primary key,
    decided_at integer not null,
    partner    text not null,
    kind       integer not null,
    outcome    integer not null,
    dry_run    integer not null,
    id         blob not null unique,
    account    blob,
    digest     blob,
    reasons    text,
    fields     blob,
    before     integer not null,
    after      integer not null,
    method     integer not null,
    means      integer not null,
    authed_at  integer,
    withdrawn  blob,
    policy     text,
    style      text,
    serial     text,
    encoding   integer not null
) strict;
create index entries_account on entries (account) where account is not null;

-- +goose StatementBegin
create trigger entries_are_not_changed before update on entries
begin
    select raise(abort, 'entries are never changed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger entries_are_not_deleted before delete on entries
begin
    select raise(abort, 'entries are never deleted');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger entries_are_not_replaced before insert on entries
    when exists (select 1 from entries where id = new.id or position = new.position)
begin
    select raise(abort, 'entries are never replaced');
end;
-- +goose StatementEnd

-- What each block of 1024 positions holds, so that reports read only the blocks they need.
create table tallies (
    block    integer not null,
    partner  text    not null,
    kind     integer not null,
    outcome  integer not null,
    entries  integer not null,
    dry_runs integer not null,
    earliest integer not null,
    latest   integer not null,
    primary key (block, partner, kind, outcome)
) strict, without rowid;

create table attempts (
    subject    blob not null,
    partner    text not null,
    data       blob not null,
    updated_at integer not null,
    primary key (subject, partner)
) strict, without rowid;

create table suspensions (
    partner text primary key,
    at      integer,
    by      text not null,
    note    text not null
) strict, without rowid;
