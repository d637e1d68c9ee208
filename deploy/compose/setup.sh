#!/bin/sh
# Makes what the gateways need and is not there yet: the CA of banks and gateways, a certificate for each caller of the demonstration, the
# key ring, the schema. Run again, it renews certificates that will end within 30 days and signs the revocation list anew.
set -eu
umask 077

authority=${AUTHORITY:-/var/lib/poruka} # ca/ with the CA's keys, certs/ with everybody's certificates
files=${FILES:-/etc/poruka/files}       # what a gateway reads

[ -e "$authority/ca" ] || poruka certs init --data-dir "$authority" --trust-domain demo.poruka

# issue ROLE NAME [FLAG...]
issue() {
  role=$1 name=$2
  shift 2
  [ -e "$authority/certs/$name.pem" ] || poruka certs issue --data-dir "$authority" --role "$role" --name "$name" --valid-for 90d "$@"
}
issue gateway gateway --dns poruka --dns localhost --ip 127.0.0.1
for role in portal operator compliance; do issue "$role" "$role"; done
for bank in sberbank tinkoff pochtabank vtb bspb; do issue "bank/$bank" "$bank"; done
poruka certs renew --data-dir "$authority" --within 30d
poruka certs crl --data-dir "$authority"

# A gateway that reads a file meanwhile sees the old one or the new one. The key goes first: a new certificate with an old key is refused,
# and the gateway keeps the old pair until both fit.
for file in gateway-key.pem gateway.pem ca.pem crl.pem; do
  cp "$authority/certs/$file" "$files/.$file"
  mv "$files/.$file" "$files/$file"
done

[ -e "$files/keyring.json" ] || poruka keys init --keyring "$files/keyring.json"
poruka ledger migrate # of PORUKA_DATABASE_URL
