#!/usr/bin/env bash
# Puts the protobuf compiler into a directory: install-buf.sh DIRECTORY (git-ignored, for example .tools).
# From npm when there is one, a matter of seconds; else, or when npm fails, built from source, a matter of minutes.
# Both give the version pinned beside this script, in buf/package-lock.json and buf/go.mod.
set -euo pipefail

tools=$(mkdir -p "$1" && cd "$1" && pwd)
pins=$(cd "$(dirname "$0")/buf" && pwd)
mkdir -p "$tools/bin"
rm -f "$tools/bin/buf"

from_npm() {
  command -v npm >/dev/null || return 1
  mkdir -p "$tools/buf"
  cp "$pins/package.json" "$pins/package-lock.json" "$tools/buf/"
  (cd "$tools/buf" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null) || return 1
  local binary
  for binary in "$tools"/buf/node_modules/@bufbuild/buf-*/bin/buf; do
    if "$binary" --version >/dev/null 2>&1; then
      ln -s "../${binary#"$tools/"}" "$tools/bin/buf"
      return 0
    fi
  done
  return 1
}

if ! from_npm; then
  echo "no buf from npm: building it from source, this takes minutes" >&2
  rm -f "$tools/bin/buf"
  (cd "$pins" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags='-s -w' -o "$tools/bin/buf" github.com/bufbuild/buf/cmd/buf)
fi
echo "buf $("$tools/bin/buf" --version) in $tools/bin"
