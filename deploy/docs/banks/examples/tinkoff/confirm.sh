#!/usr/bin/env bash
# Confirms a customer as the systems of T-Bank do: JSON without a signature, the passport in one text, with curl and openssl alone.
#
#   deploy/docs/banks/examples/tinkoff/confirm.sh .poruka
#
# It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
set -euo pipefail

data=${1:-.poruka}
address=$(sed -n 's/^restAddress: *//p' "$data/profiles/tinkoff.yaml" | tr -d '"')
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

uuid() { openssl rand -hex 16 | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/\1-\2-4\3-8\4-\5/'; }

confirm() {
  local id now
  id=$(uuid)
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  cat > "$work/body" <<JSON
{
  "requestId": "$id", "sentAt": "$now",
  "family_name": "Образцова", "given_name": "Марина", "middle_name": "Сергеевна",
  "birthdate": "1990-04-21", "gender": "female",
  "passport": {
    "serialNumber": "4510999001", "unitName": "ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ", "issueDate": "2010-05-12", "unitCode": "770-100", "citizenship": "РФ"
  },
  "snils": "$1", "inn": "500100732259", "phone_number": "+79009990001", "phone_number_verified": true,
  "account": {"status": "ACTIVE"},
  "authentication": {"type": "MOBILE_APP", "authenticatedAt": "$now"},
  "consent": {"granted": true, "grantedAt": "$now"}
}
JSON
  curl --silent --show-error --max-time 10 --write-out '\nHTTP %{http_code}\n' \
    --cacert "$data/certs/ca.pem" --cert "$data/certs/tinkoff.pem" --key "$data/certs/tinkoff-key.pem" \
    --header 'Content-Type: application/json' \
    --data-binary @"$work/body" "https://$address/v1/banks/tinkoff/confirmations"
}

confirm 00099900100
confirm 11223344594
