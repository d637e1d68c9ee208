#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other: fuzz.sh TIME (for example 10s)
# A failure leaves its input under testdata/fuzz of the package; commit it with the fix.
set -euo pipefail

time=$1
found=0
while IFS=: read -r file name; do
  found=$((found + 1))
  echo "fuzz: $name in $(dirname "$file"), $time"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$(dirname "$file")" </dev/null
done < <(git ls-files --cached --others --exclude-standard -- '*_test.go' | sort |
  xargs -r grep -HoE '^func Fuzz[A-Za-z0-9_]*' /dev/null | sed 's/:func /:/')
echo "fuzz: $found targets"
