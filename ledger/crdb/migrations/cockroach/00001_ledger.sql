-- +goose NO TRANSACTION
-- +goose Up

-- The oldest version of the schema that a binary may want and still work with this one. A migration raises it only when it
-- takes something away.
CREATE TABLE IF NOT EXISTS compatibility (one BOOL PRIMARY KEY DEFAULT true CHECK (one), oldest INT8 NOT NULL);
UPSERT INTO compatibility (one, oldest) VALUES (true, 1);

-- What a confirmation changes lies apart from what is written once, so that raising an account rewrites no profile.
CREATE TABLE IF NOT EXISTS account (
  id           UUID NOT NULL,
  level        INT2 NOT NULL,
  method       INT2 NOT NULL,
  version      INT8 NOT NULL,
  confirmed_by STRING NOT NULL,
  confirmed_at TIMESTAMPTZ,
  confirmation UUID,
  registry     INT2 NOT NULL,
  registry_at  TIMESTAMPTZ,
  wrapped_key  BYTES,
  box          BYTES,
  digest       BYTES NOT NULL,
  snils        BYTES,
  inn          BYTES,
  phone        BYTES,
  created_at   TIMESTAMPTZ,
  updated_at   TIMESTAMPTZ,
  PRIMARY KEY (id),
  UNIQUE INDEX account_snils (snils),
  UNIQUE INDEX account_phone (phone),
  FAMILY facts (id, level, method, version, confirmed_by, confirmed_at, confirmation, registry, registry_at, updated_at),
  FAMILY profile (wrapped_key, box, digest, snils, inn, phone, created_at)
);

-- place is the timestamp at which the transaction commits; asking for it pins it. Leading buckets spread what is written at one
-- time over ranges; a query over all buckets knows them from the check.
CREATE TABLE IF NOT EXISTS entry (
  id           UUID NOT NULL,
  kind         INT2 NOT NULL,
  partner      STRING NOT NULL,
  digest       BYTES NOT NULL,
  account      UUID,
  outcome      INT2 NOT NULL,
  reasons      STRING NOT NULL,
  fields       BYTES NOT NULL,
  level_before INT2 NOT NULL,
  level_after  INT2 NOT NULL,
  method       INT2 NOT NULL,
  policy       STRING NOT NULL,
  style        STRING NOT NULL,
  certificate  STRING NOT NULL,
  means        INT2 NOT NULL,
  authed_at    TIMESTAMPTZ,
  decided_at   TIMESTAMPTZ NOT NULL,
  dry          BOOL NOT NULL,
  withdrawn    UUID,
  encoding     INT2 NOT NULL,
  place        DECIMAL NOT NULL DEFAULT cluster_logical_timestamp(),
  ordinal      INT8 NOT NULL,
  bucket       INT2 NOT NULL AS (mod(fnv32(id::STRING), 8)::INT2) STORED,
  CONSTRAINT entry_bucket CHECK (bucket IN (0, 1, 2, 3, 4, 5, 6, 7)),
  PRIMARY KEY (id),
  INDEX entry_place (bucket, place, ordinal),
  INDEX entry_account (account, place, ordinal) WHERE account IS NOT NULL,
  INDEX entry_decided (bucket, decided_at) STORING (partner, kind, outcome, dry, place),
  FAMILY entry (id, kind, partner, digest, account, outcome, reasons, fields, level_before, level_after, method, policy, style,
    certificate, means, authed_at, decided_at, dry, withdrawn, encoding, place, ordinal, bucket)
);

CREATE TABLE IF NOT EXISTS attempt (
  subject    BYTES NOT NULL,
  partner    STRING NOT NULL,
  counter    BYTES NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (subject, partner)
);

CREATE TABLE IF NOT EXISTS suspension (
  partner STRING PRIMARY KEY,
  since   TIMESTAMPTZ,
  by_whom STRING NOT NULL,
  note    STRING NOT NULL
);
