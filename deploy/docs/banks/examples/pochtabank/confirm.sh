#!/usr/bin/env bash
# Confirms a customer as the systems of Pochta Bank do: XML, and a detached PKCS#7 signature of the body in a header, with curl and openssl alone.
#
#   deploy/docs/banks/examples/pochtabank/confirm.sh .poruka
#
# It asks twice: about the sandbox's person who is confirmed, and with a mistyped SNILS, to show an error.
set -euo pipefail

data=${1:-.poruka}
address=$(sed -n 's/^restAddress: *//p' "$data/profiles/pochtabank.yaml" | tr -d '"')
key=$data/banks/pochtabank-signing-key.pem # with its certificate
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

uuid() { openssl rand -hex 16 | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/\1-\2-4\3-8\4-\5/'; }

confirm() {
  local now sig
  now=$(TZ=MSK-3 date '+%d.%m.%Y %H:%M:%S') # Moscow is three hours ahead
  cat > "$work/body" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<ConfirmationRequest xmlns="urn:poruka:pochtabank:1">
  <MessageID>$(uuid)</MessageID>
  <Sender>POCHTABANK</Sender>
  <SendingTimestamp>$now</SendingTimestamp>
  <Person>
    <lastName>Образцова</lastName>
    <firstName>Марина</firstName>
    <middleName>Сергеевна</middleName>
    <birthDate>21.04.1990</birthDate>
    <gender>F</gender>
    <citizenship>RUS</citizenship>
    <snils>$1</snils>
    <inn>500100732259</inn>
    <mobile>+7(900)9990001</mobile>
    <Document>
      <series>4510</series>
      <number>999001</number>
      <issueDate>12.05.2010</issueDate>
      <issueId>770100</issueId>
      <issuedBy>ОВД ПЕСОЧНОГО РАЙОНА Г. МОСКВЫ</issuedBy>
    </Document>
  </Person>
  <Account><active>true</active><mobileBound>true</mobileBound></Account>
  <Authentication><method>APP</method><time>$now</time></Authentication>
  <Consent><given>true</given><time>$now</time></Consent>
</ConfirmationRequest>
XML
  sig=$(openssl cms -sign -binary -md sha256 -outform DER -signer "$key" -inkey "$key" -in "$work/body" | openssl base64 -A)
  curl --silent --show-error --max-time 10 --write-out '\nHTTP %{http_code}\n' \
    --cacert "$data/certs/ca.pem" --cert "$data/certs/pochtabank.pem" --key "$data/certs/pochtabank-key.pem" \
    --header 'Content-Type: application/xml; charset=utf-8' --header "X-Signature-PKCS7: $sig" \
    --data-binary @"$work/body" "https://$address/v1/banks/pochtabank/confirmations"
}

confirm '000-999-001 00'
confirm '112-233-445 94'
