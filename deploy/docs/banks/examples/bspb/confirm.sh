#!/usr/bin/env bash
# Confirms a customer as the systems of Bank Saint-Petersburg do: JSON, and a detached JWS (PS256) of the body in a header, with curl and openssl alone.
#
#   deploy/docs/banks/examples/bspb/confirm.sh .poruka
#
# It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
set -euo pipefail

data=${1:-.poruka}
address=$(sed -n 's/^restAddress: *//p' "$data/profiles/bspb.yaml" | tr -d '"')
key=$data/banks/bspb-signing-key.pem
kid=$(sed -n 's/.*"kid": *"\([^"]*\)".*/\1/p' "$data/banks/bspb.jwks")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

uuid() { openssl rand -hex 16 | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/\1-\2-4\3-8\4-\5/'; }

base64url() { openssl base64 -A | tr "+/" "-_" | tr -d "="; }

ps256() { openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign "$key" -binary; }

confirm() {
  local id now head sig
  id=$(uuid)
  now=$(date +%s)
  cat > "$work/body" <<JSON
{
  "interaction_id": "$id", "iat": $now,
  "family_name": "Образцова", "given_name": "Марина", "middle_name": "Сергеевна",
  "birthdate": "1990-04-21", "gender": "female", "nationality": "RUS",
  "document": {
    "series": "4510", "number": "999001", "date_of_issuance": "2010-05-12",
    "issuer": {"code": "770-100", "name": "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ"}
  },
  "snils": "$1", "inn": "500100732259", "phone_number": "+79009990001",
  "account": {"status": "Enabled", "phone_number_bound": true},
  "amr": "app", "auth_time": $now,
  "consent": {"status": "Authorised", "time": $now}
}
JSON
  # The payload is signed as it is (b64 is false, RFC 7797), and left out of the JWS.
  head=$(printf '{"alg":"PS256","kid":"%s","b64":false,"crit":["b64"]}' "$kid" | base64url)
  sig=$({ printf '%s.' "$head"; cat "$work/body"; } | ps256 | base64url)
  curl --silent --show-error --max-time 10 --write-out '\nHTTP %{http_code}\n' \
    --cacert "$data/certs/ca.pem" --cert "$data/certs/bspb.pem" --key "$data/certs/bspb-key.pem" \
    --header 'Content-Type: application/json' --header "X-FAPI-Interaction-ID: $id" --header "X-JWS-Signature: $head..$sig" \
    --data-binary @"$work/body" "https://$address/v1/banks/bspb/confirmations"
}

confirm 00099900100
confirm 11223344594
