#!/usr/bin/env bash
# Confirms a customer as the systems of VTB do: JSON, and an Ed25519 signature of the body in a header, with curl and openssl alone.
#
#   deploy/docs/banks/examples/vtb/confirm.sh .poruka
#
# It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
set -euo pipefail

data=${1:-.poruka}
address=$(sed -n 's/^restAddress: *//p' "$data/profiles/vtb.yaml" | tr -d '"')
key=$data/banks/vtb-signing-key.pem
kid=$(sed -n 's/.*"kid": *"\([^"]*\)".*/\1/p' "$data/banks/vtb.jwks")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

uuid() { openssl rand -hex 16 | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/\1-\2-4\3-8\4-\5/'; }

confirm() {
  local id now sig
  id=$(uuid)
  now=$(date +%s)000 # milliseconds
  cat > "$work/body" <<JSON
{
  "requestId": "$id", "timestamp": $now,
  "client": {
    "surname": "Образцова", "name": "Марина", "patronymic": "Сергеевна", "birthDate": "21.04.1990", "sex": "F", "citizenship": "RUS",
    "document": {
      "series": "4510", "number": "999001", "issueDate": "12.05.2010", "departmentCode": "770-100", "issuedBy": "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ"
    },
    "snils": "$1", "inn": "500100732259", "mobile": "79009990001"
  },
  "account": {"state": "OPEN", "mobileBound": true},
  "login": {"means": "APP", "at": $now},
  "agreement": {"given": true, "at": $now}
}
JSON
  sig=$(openssl pkeyutl -sign -rawin -inkey "$key" -in "$work/body" | openssl base64 -A)
  curl --silent --show-error --max-time 10 --write-out '\nHTTP %{http_code}\n' \
    --cacert "$data/certs/ca.pem" --cert "$data/certs/vtb.pem" --key "$data/certs/vtb-key.pem" \
    --header 'Content-Type: application/json' --header "X-Signature: $sig" --header "X-Signature-Key-Id: $kid" \
    --data-binary @"$work/body" "https://$address/v1/banks/vtb/confirmations"
}

confirm '000-999-001 00'
confirm '112-233-445 94'
