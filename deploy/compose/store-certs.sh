#!/bin/bash
# Makes the store's own CA and its certificates, once: for each node, for root, who joins the nodes, and for the user poruka.
set -euo pipefail
umask 077

made=/made
[[ -e $made/ca/ca.crt ]] || cockroach cert create-ca --certs-dir="$made/ca" --ca-key="$made/ca/ca.key"

# give FOLDER KIND NAME...: a certificate of that kind in that folder, beside that of the CA.
give() {
  local folder=$1 kind=$2
  shift 2
  cp "$made/ca/ca.crt" "$folder/ca.crt"
  compgen -G "$folder/$kind*.crt" >/dev/null ||
    cockroach cert "create-$kind" "$@" --certs-dir="$folder" --ca-key="$made/ca/ca.key"
}
for node in cockroach-1 cockroach-2 cockroach-3; do
  give "$made/$node" node "$node" localhost 127.0.0.1
done
give "$made/root" client root
give "$made/client" client poruka
chown -R 65532:65532 "$made/client" # the user of the gateways
install -m 0444 "$made/ca/ca.crt" "$made/trust/ca.crt"
chmod 0755 "$made/trust"
