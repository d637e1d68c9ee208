-- +goose Up

-- The oldest version of the schema that a binary may want and still work with this one. A migration raises it only when it
-- takes something away.
CREATE TABLE compatibility (oldest BIGINT NOT NULL);
INSERT INTO compatibility (oldest) VALUES (1);

-- Where in the order of the ledger the entries of the running transaction stand, and the place before which that order is
-- final: no transaction that is under way or still to come has a lower one. Both are moved by the same number when a dump was
-- restored on a server that counts from lower numbers.
CREATE FUNCTION ledger_place() RETURNS BIGINT LANGUAGE sql VOLATILE
  AS 'SELECT pg_current_xact_id()::TEXT::BIGINT + 0';
CREATE FUNCTION ledger_horizon() RETURNS BIGINT LANGUAGE sql STABLE
  AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT + 0';

-- Room on each page, so that a raised account stays on its page and no index of it changes.
CREATE TABLE account (
  id           UUID PRIMARY KEY,
  level        SMALLINT NOT NULL,
  method       SMALLINT NOT NULL,
  version      BIGINT NOT NULL,
  confirmed_by TEXT NOT NULL,
  confirmed_at TIMESTAMPTZ,
  confirmation UUID,
  registry     SMALLINT NOT NULL,
  registry_at  TIMESTAMPTZ,
  wrapped_key  BYTEA,
  box          BYTEA,
  digest       BYTEA NOT NULL,
  snils        BYTEA,
  inn          BYTEA,
  phone        BYTEA,
  created_at   TIMESTAMPTZ,
  updated_at   TIMESTAMPTZ,
  CONSTRAINT account_snils UNIQUE (snils),
  CONSTRAINT account_phone UNIQUE (phone)
) WITH (fillfactor = 85);

CREATE TABLE entry (
  id           UUID PRIMARY KEY,
  kind         SMALLINT NOT NULL,
  partner      TEXT NOT NULL,
  digest       BYTEA NOT NULL,
  account      UUID,
  outcome      SMALLINT NOT NULL,
  reasons      TEXT NOT NULL,
  fields       BYTEA NOT NULL,
  level_before SMALLINT NOT NULL,
  level_after  SMALLINT NOT NULL,
  method       SMALLINT NOT NULL,
  policy       TEXT NOT NULL,
  style        TEXT NOT NULL,
  certificate  TEXT NOT NULL,
  means        SMALLINT NOT NULL,
  authed_at    TIMESTAMPTZ,
  decided_at   TIMESTAMPTZ NOT NULL,
  dry          BOOLEAN NOT NULL,
  withdrawn    UUID,
  encoding     SMALLINT NOT NULL,
  place        BIGINT NOT NULL DEFAULT ledger_place(),
  ordinal      INTEGER NOT NULL
);
CREATE INDEX entry_place ON entry (place, ordinal);
CREATE INDEX entry_account ON entry (account, place, ordinal) WHERE account IS NOT NULL;
CREATE INDEX entry_decided ON entry (decided_at) INCLUDE (partner, kind, outcome, dry, place);

-- Entries are never updated or deleted, whoever asks.
-- +goose StatementBegin
CREATE FUNCTION entry_is_final() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'entries are never updated or deleted' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER entry_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION entry_is_final();

CREATE TABLE attempt (
  subject    BYTEA NOT NULL,
  partner    TEXT NOT NULL,
  counter    BYTEA NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (subject, partner)
) WITH (fillfactor = 85);

CREATE TABLE suspension (
  partner TEXT PRIMARY KEY,
  since   TIMESTAMPTZ,
  by_whom TEXT NOT NULL,
  note    TEXT NOT NULL
);
