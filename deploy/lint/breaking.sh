#!/usr/bin/env bash
# Compares the protos with those of the last release: breaking.sh BUF
# The last release is the newest v* tag reachable from here; while there is none, origin/main, else main. Needs third_party/proto.
set -euo pipefail

buf=$1
ref=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null ||
  git rev-parse --verify --quiet --abbrev-ref origin/main ||
  git rev-parse --verify --quiet --abbrev-ref main || true)
if [[ -z $ref ]]; then
  echo 'breaking: skipped, there is no tag and no main branch to compare with'
  exit 0
fi
if ! git cat-file -e "$ref:proto/poruka" 2>/dev/null; then
  echo "breaking: skipped, $ref has no protos"
  exit 0
fi

old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
# The old protos under the rules of today; the third-party ones are not in git and serve both sides.
git archive "$ref" proto | tar -x -C "$old"
cp buf.yaml "$old/"
cp -r third_party "$old/"
"$buf" breaking proto --against "$old/proto"
echo "breaking: nothing breaks clients of $ref ($(git rev-parse --short "$ref^{commit}"))"
