#!/usr/bin/env bash
# Confirms a customer as Sberbank's systems do: JSON in a compact JWS, signed with ES256, with curl and openssl alone.
#
#   deploy/docs/banks/examples/sberbank/confirm.sh .poruka
#
# It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
set -euo pipefail

data=${1:-.poruka}
address=$(sed -n 's/^restAddress: *//p' "$data/profiles/sberbank.yaml" | tr -d '"')
key=$data/banks/sberbank-signing-key.pem
kid=$(sed -n 's/.*"kid": *"\([^"]*\)".*/\1/p' "$data/banks/sberbank.jwks")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

base64url() { openssl base64 -A | tr "+/" "-_" | tr -d "="; }

# ES256 wants r and s side by side, 32 bytes each; openssl writes them in ASN.1.
es256() {
  openssl dgst -sha256 -sign "$key" -binary | openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' |
    while read -r number; do printf %b "$(printf '%64s' "$number" | tr ' ' 0 | sed 's/../\\x&/g')"; done
}

confirm() {
  local id now head
  id=$(openssl rand -hex 16)
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  cat > "$work/payload" <<JSON
{
  "RqUID": "$id", "RqTm": "$now",
  "family_name": "Образцова", "given_name": "Марина", "middle_name": "Сергеевна",
  "birthdate": "1990-04-21", "gender": 2, "citizenship": "RUS",
  "identification": {
    "series": "45 10", "number": "999001", "issued_by": "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ", "issued_date": "2010-05-12", "code": "770-100"
  },
  "snils": {"number": "$1"}, "inn": {"number": "500100732259"}, "phone_number": "+7 (900) 9990001",
  "account": {"active": true, "phone_linked": true},
  "authentication": {"method": "SBOL", "time": "$now"},
  "consent": {"given": true, "time": "$now"}
}
JSON
  head=$(printf '{"alg":"ES256","kid":"%s"}' "$kid" | base64url)
  printf '%s.%s' "$head" "$(base64url < "$work/payload")" > "$work/signed"
  printf '.%s' "$(es256 < "$work/signed" | base64url)" >> "$work/signed"
  curl --silent --show-error --max-time 10 --write-out '\nHTTP %{http_code}\n' \
    --cacert "$data/certs/ca.pem" --cert "$data/certs/sberbank.pem" --key "$data/certs/sberbank-key.pem" \
    --header 'Content-Type: application/jose' --header "RqUID: $id" \
    --data-binary @"$work/signed" "https://$address/v1/banks/sberbank/confirmations"
}

confirm '000-999-001 00'
confirm '112-233-445 94'
