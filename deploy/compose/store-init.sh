#!/bin/bash
# Joins the nodes into a cluster and makes the database and its user, who signs in by certificate alone. Run again, it changes nothing.
set -euo pipefail

here=(--certs-dir=/certs --host=cockroach-1)
if ! said=$(cockroach init "${here[@]}" 2>&1) && [[ $said != *'already been initialized'* ]]; then
  echo "$said" >&2
  exit 1
fi
for ((tries = 0; tries < 30; tries++)); do
  cockroach sql "${here[@]}" --execute='SELECT 1' >/dev/null 2>&1 && break
  sleep 1
done
cockroach sql "${here[@]}" --execute='
  CREATE DATABASE IF NOT EXISTS poruka;
  CREATE USER IF NOT EXISTS poruka;
  ALTER DATABASE poruka OWNER TO poruka;
  GRANT ALL ON SCHEMA poruka.public TO poruka;
'
